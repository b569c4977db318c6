import { readFileSync } from 'node:fs';
import { ConfigError, type Environment } from './config.ts';

/** The variable that names the file. Only the environment of the process can set it. */
export const envFileVariable = 'TUREEN_ENV_FILE';

/**
 * Merges the variables of the process with those of the file that TUREEN_ENV_FILE names. The process wins, so only
 * what is set in the file alone can change while the server runs.
 * @throws ConfigError when the file cannot be read, or with one mistake for each line that is wrong
 */
export function readEnvironment(environment: Environment): Environment {
  const path = environment[envFileVariable];
  if (path === undefined || path.trim() === '') return environment;
  return { ...parseEnvFile(readText(path), path), ...environment };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = (error as Error).message;
    throw new ConfigError([`${envFileVariable}: got "${path}", wants a file that can be read: ${message}`]);
  }
}

/** Reads lines of NAME=value. A value may be in quotes; empty lines and comments (#) are skipped. */
function parseEnvFile(text: string, path: string): Environment {
  const mistakes: string[] = [];
  const entries = text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    if (/^\s*(#|$)/.test(line)) return [];
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    // The line is not shown, because it may hold a secret.
    if (name === '') mistakes.push(`${path}: line ${index + 1} is wrong, wants NAME=value`);
    return [[name, unquote(value.trim())]];
  });
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.fromEntries(entries);
}

function unquote(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}
