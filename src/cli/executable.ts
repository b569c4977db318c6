import { existsSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { Environment } from '../config/config.ts';
import { envFileVariable, readEnvironment } from '../config/env-file.ts';
import { askLocal } from '../host/local.ts';
import { places } from '../host/paths.ts';
import { type EmbeddedFile, unpack } from './unpack.ts';

/** The names of the files in the folder that everything is unpacked into. */
export const unpacked = {
  worker: 'mediasoup-worker',
  workerStarter: 'own-session.sh',
  page: 'page',
} as const;

const usage = `Tureen, an edge SFU. Without a command it starts the server; docs/configuration.md lists its variables.

tureen           starts the server
tureen doctor    examines this host and the configuration; exit code 1 tells of something fatal
tureen token     prints a token: tureen token --room x --peer y
tureen health    asks the server on this host whether it answers; the exit code tells
tureen unpack    unpacks the media worker, prints the folder, and does nothing else
tureen version   prints the version
tureen help      prints this

doctor, token and health read the settings of TUREEN_ENV_FILE, or else those that deploy/install.sh wrote.`;

const informing: Readonly<Record<string, string>> = {
  ...{ version: packageJson.version, '--version': packageJson.version, '-v': packageJson.version },
  ...{ help: usage, '--help': usage, '-h': usage },
};

/** The start of the single executable: unpacks what is no module, then becomes the command that was asked for. */
export async function runExecutable(files: readonly EmbeddedFile[]): Promise<void> {
  const [command = 'start'] = process.argv.splice(2, 1);
  const information = informing[command];
  if (information !== undefined) return console.log(information);
  if (!commands.has(command)) {
    console.error(`unknown command "${command}", expected one of\n${usage}`);
    process.exit(2);
  }
  if (settled.has(command)) takeInstalledSettings();
  if (command === 'health') return process.exit(await askHealth());
  if (command === 'token') {
    const { tokenCommand } = await import('./token.ts');
    return process.exit(await tokenCommand(process.argv.slice(2), settingsOrExit()));
  }
  const folder = await unpack(files, process.env).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  if (command === 'unpack') return console.log(folder);
  places.page = join(folder, unpacked.page);
  places.workerStarter = join(folder, unpacked.workerStarter);
  // Mediasoup reads the variable when it is imported, so nothing that imports it may be imported before.
  process.env.MEDIASOUP_WORKER_BIN ||= join(folder, unpacked.worker);
  if (command === 'start') return void (await import('../main.ts'));
  const { doctor } = await import('./doctor.ts');
  process.exit(await doctor({ environment: process.env, workerBin: process.env.MEDIASOUP_WORKER_BIN }));
}

/** These are about the server that was installed, and whoever calls them has not its environment. */
const settled = new Set(['doctor', 'token', 'health']);
const commands = new Set([...settled, 'start', 'unpack']);
const installedSettings = '/etc/tureen/tureen.env';

function takeInstalledSettings(): void {
  const { env } = process;
  if (env[envFileVariable] !== undefined || !existsSync(installedSettings)) return;
  env[envFileVariable] = installedSettings;
  console.error(`settings: ${installedSettings}`);
}

function settingsOrExit(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

/** For health checks of containers, which have no program that could ask by HTTP. @returns the exit code */
async function askHealth(): Promise<number> {
  try {
    const { readConfig } = await import('../config/config.ts');
    const answer = await askLocal(readConfig(settingsOrExit()), '/livez');
    if (answer.ok) return 0;
    console.error(`${answer.url}: status ${answer.status}`);
  } catch (error) {
    console.error((error as Error).message);
  }
  return 1;
}
