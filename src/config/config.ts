import { availableParallelism } from 'node:os';
import { Value } from '@sinclair/typebox/value';
import { anyAddress, isLoopback } from '../core/networks.ts';
import type { Mistake, Setting, ValuesOf } from './kinds.ts';
import { keyMistakes } from './settings/access.ts';
import { adminMistakes } from './settings/admin.ts';
import { busMistakes, pipeAddressMistakes } from './settings/cluster.ts';
import { settings } from './settings/index.ts';
import { addressMistakes, turnMistakes } from './settings/network.ts';
import { tlsMistakes } from './settings/server.ts';
import { webhookMistakes } from './settings/webhooks.ts';

type Values = ValuesOf<typeof settings>;

/** The whole configuration: the values of the settings, and what follows from them. Frozen. */
export interface Config extends Omit<Values, 'apiKeyNames' | 'apiSecrets' | 'host' | 'listenIp' | 'workers'> {
  /** There is no API key: only loopback can connect, and anyone there may enter any room. */
  readonly developmentMode: boolean;
  /** Secret by key name. */
  readonly apiKeys: ReadonlyMap<string, string>;
  readonly host: string;
  readonly listenIp: string;
  /** Media also listens on the host's own address, because Firefox sends none to loopback. */
  readonly listensBesideLoopback: boolean;
  readonly workers: number;
}

/** The stress level from which on nobody new is let in. Who tries the server on a slow machine is not to be sent away. */
export function fullAtOf({ developmentMode, fullAt }: Pick<Config, 'developmentMode' | 'fullAt'>): number {
  return developmentMode ? 1 : fullAt;
}

/** Thrown by readConfig: one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

const loopback = '127.0.0.1';

/**
 * Reads and checks every setting.
 * @throws ConfigError that names every variable that is wrong, what it holds and what it wants
 */
export function readConfig(environment: Environment): Config {
  const { values, mistakes: wrong } = readValues(environment);
  const { apiKeyNames = [], apiSecrets = [], ...rest } = values;
  const developmentMode = values.apiKeyNames === undefined && values.apiSecrets === undefined;
  const host = values.host ?? (developmentMode ? loopback : '0.0.0.0');
  const combined = [
    ...keyMistakes(values),
    ...turnMistakes(values),
    ...addressMistakes(values),
    ...portMistakes(values, host),
    ...tlsMistakes(values),
    ...adminMistakes(values),
    ...webhookMistakes(values),
    ...busMistakes(values),
    ...pipeAddressMistakes(values),
    ...hostMistakes(host, developmentMode),
  ];
  // A variable that cannot be read counts as not set above, so a second line about it would be misleading.
  const reported = new Set(wrong.map(([variable]) => variable));
  const mistakes = [...wrong, ...combined.filter(([variable]) => !reported.has(variable))];
  if (mistakes.length > 0) throw new ConfigError(mistakes.map(([variable, what]) => `${variable}: ${what}`));
  return Object.freeze({
    ...rest,
    developmentMode,
    apiKeys: new Map(apiKeyNames.map((name, index) => [name, apiSecrets[index] ?? ''])),
    host,
    listenIp: values.listenIp ?? (developmentMode ? loopback : '0.0.0.0'),
    listensBesideLoopback: developmentMode && values.listenIp === undefined,
    workers: values.workers ?? availableParallelism(),
  });
}

/** Variables that begin with TUREEN_ and are no setting: most likely misspelt. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.env));
  return Object.keys(environment).filter((name) => name.startsWith('TUREEN_') && !known.has(name));
}

function readValues(environment: Environment): { values: Values; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const entries = Object.entries(settings).map(([name, setting]) => [
    name,
    readSetting(setting, environment, mistakes),
  ]);
  // Each value was checked against the schema of its own row, which the type system cannot follow.
  return { values: Object.fromEntries(entries) as Values, mistakes };
}

function readSetting(setting: Setting, environment: Environment, mistakes: Mistake[]): unknown {
  const written = environment[setting.env];
  if (written === undefined || written.trim() === '') return setting.default;
  const value = setting.read(written);
  if (value !== undefined && Value.Check(setting.schema, value)) return value;
  const shown = setting.secret ? 'a value that is not shown' : JSON.stringify(written);
  mistakes.push([setting.env, `got ${shown}, wants ${setting.wants}`]);
  return undefined;
}

/** Each listener has a port of its own, where they share an address. Port 0 is a free one. */
function portMistakes(values: Values, host: string): Mistake[] {
  const { port, adminPort, adminHost, metricsPort, metricsHost } = values;
  const listeners = [
    { variable: 'PORT', host, port },
    { variable: 'TUREEN_ADMIN_PORT', host: adminHost, port: adminPort },
    { variable: 'TUREEN_METRICS_PORT', host: metricsHost, port: metricsPort },
  ];
  return listeners.flatMap((one, index): Mistake[] => {
    const first = listeners
      .slice(0, index)
      .find(
        (other) =>
          other.port === one.port &&
          (other.host === one.host || [other.host, one.host].some((address) => anyAddress.has(address))),
      );
    if (!one.port || !first) return [];
    return [[one.variable, `got ${one.port}, wants another port than that of ${first.variable}`]];
  });
}

function hostMistakes(host: string, developmentMode: boolean): Mistake[] {
  if (!developmentMode || isLoopback(host)) return [];
  const why = 'without TUREEN_API_KEY and TUREEN_API_SECRET anyone who reaches the server may enter';
  return [['HOST', `got "${host}", wants a loopback address such as ${loopback}, for ${why}`]];
}
