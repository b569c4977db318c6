import { availableParallelism } from 'node:os';
import { Value } from '@sinclair/typebox/value';
import type { Setting, SettingValue } from './kinds.ts';
import { webhookMistakes } from './settings/webhooks.ts';
import { settings } from './settings.ts';

type Values = { readonly [K in keyof typeof settings]: SettingValue<(typeof settings)[K]> };

/** The whole configuration: the table's values, and what follows from them. Frozen. */
export interface Config extends Omit<Values, 'apiKeyNames' | 'apiSecrets' | 'host' | 'listenIp' | 'workers'> {
  /** Without any API key: loopback only, everybody there may enter. */
  readonly developmentMode: boolean;
  /** Secret by key name. */
  readonly apiKeys: ReadonlyMap<string, string>;
  readonly host: string;
  readonly listenIp: string;
  /** Media is listened for on the host's own address beside loopback: Firefox sends none to loopback. */
  readonly listensBesideLoopback: boolean;
  readonly workers: number;
}

/** Thrown by readConfig: one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment once.
 * @throws ConfigError that names every variable that is wrong, what it holds and what it wants.
 */
export function readConfig(environment: Environment): Config {
  const mistakes: string[] = [];
  const entries = Object.entries(settings).map(([name, setting]) => [
    name,
    readSetting(setting, environment, mistakes),
  ]);
  // Each value was checked against the schema of its own row just above, which the type system cannot follow.
  const values = Object.fromEntries(entries) as Values;
  const apiKeys = pairKeys(values, environment, mistakes);
  checkTurn(values, environment, mistakes);
  checkTls(values, mistakes);
  checkAdmin(values, mistakes);
  mistakes.push(...webhookMistakes(values.webhooks ?? []));
  const developmentMode = apiKeys.size === 0;
  const loopback = '127.0.0.1';
  const host = values.host ?? (developmentMode ? loopback : '0.0.0.0');
  if (developmentMode && !isLoopback(host)) {
    mistakes.push(
      `HOST: got "${host}", wants a loopback address such as 127.0.0.1, for without TUREEN_API_KEY and TUREEN_API_SECRET anyone who reaches the server may enter`,
    );
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const { apiKeyNames: _names, apiSecrets: _secrets, ...rest } = values;
  return Object.freeze({
    ...rest,
    developmentMode,
    apiKeys,
    host,
    listenIp: values.listenIp ?? (developmentMode ? loopback : '0.0.0.0'),
    listensBesideLoopback: developmentMode && values.listenIp === undefined,
    workers: values.workers ?? availableParallelism(),
  });
}

/** Variables that begin with TUREEN_ and that nothing reads: mostly typing errors, worth a warning. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.env));
  return Object.keys(environment).filter((name) => name.startsWith('TUREEN_') && !known.has(name));
}

function readSetting(setting: Setting, environment: Environment, mistakes: string[]): unknown {
  const written = environment[setting.env];
  if (written === undefined || written.trim() === '') return setting.default;
  const value = setting.read(written);
  if (value !== undefined && Value.Check(setting.schema, value)) return value;
  mistakes.push(
    `${setting.env}: got ${setting.secret ? 'a value that is not shown' : JSON.stringify(written)}, wants ${setting.wants}`,
  );
  return undefined;
}

function pairKeys(values: Values, environment: Environment, mistakes: string[]): Map<string, string> {
  const names = values.apiKeyNames ?? [];
  const secrets = values.apiSecrets ?? [];
  const given = (env: string) => (environment[env] ?? '').trim() !== '';
  const reported = mistakes.some((line) => line.startsWith('TUREEN_API_'));
  if (!reported && given('TUREEN_API_KEY') !== given('TUREEN_API_SECRET')) {
    const missing = given('TUREEN_API_KEY') ? 'TUREEN_API_SECRET' : 'TUREEN_API_KEY';
    mistakes.push(
      `${missing}: got nothing, wants a value, for TUREEN_API_KEY and TUREEN_API_SECRET belong together`,
    );
  } else if (!reported && names.length !== secrets.length) {
    mistakes.push(
      `TUREEN_API_SECRET: got ${secrets.length} secrets, wants ${names.length}, one for each name in TUREEN_API_KEY`,
    );
  }
  if (new Set(names).size !== names.length)
    mistakes.push('TUREEN_API_KEY: got a name twice, wants each name once');
  return new Map(names.map((name, index) => [name, secrets[index] ?? '']));
}

function checkTls({ tlsCert, tlsKey }: Values, mistakes: string[]): void {
  if ((tlsCert === undefined) === (tlsKey === undefined)) return;
  const missing = tlsCert === undefined ? 'TUREEN_TLS_CERT' : 'TUREEN_TLS_KEY';
  mistakes.push(
    `${missing}: got nothing, wants a file, for TUREEN_TLS_CERT and TUREEN_TLS_KEY belong together`,
  );
}

function checkTurn(values: Values, environment: Environment, mistakes: string[]): void {
  if (values.turnUrls && !values.turnSecret) {
    mistakes.push('TUREEN_TURN_SECRET: got nothing, wants the secret of the servers in TUREEN_TURN_URLS');
  }
  if (values.turnUrls && environment.TUREEN_ICE_SERVERS) {
    mistakes.push('TUREEN_ICE_SERVERS: got a value beside TUREEN_TURN_URLS, wants only one of the two');
  }
}

function checkAdmin(values: Values, mistakes: string[]): void {
  if (values.adminUser && !values.adminPasswordHash)
    mistakes.push(
      'TUREEN_ADMIN_PASSWORD_HASH: got nothing, wants the hash of the password of TUREEN_ADMIN_USER',
    );
  if (values.adminPasswordHash && !values.adminUser)
    mistakes.push(
      'TUREEN_ADMIN_USER: got nothing, wants the name that TUREEN_ADMIN_PASSWORD_HASH belongs to',
    );
  if (values.adminUserHeader && !values.trustedProxies)
    mistakes.push(
      'TUREEN_TRUSTED_PROXIES: got nothing, wants the addresses from which TUREEN_ADMIN_USER_HEADER is believed',
    );
}

/** Whether a host name or address, as in an address bar, is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
