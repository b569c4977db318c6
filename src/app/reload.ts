import { isDeepStrictEqual } from 'node:util';
import { changeable } from '../config/changeable.ts';
import { type Config, ConfigError, type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import type { Setting } from '../config/kinds.ts';
import { settings } from '../config/settings/index.ts';
import type { Logger } from '../core/log.ts';

const secretKeys: ReadonlySet<string> = new Set([
  'apiKeys',
  ...Object.entries<Setting>(settings).flatMap(([name, { secret }]) => (secret ? [name] : [])),
]);

/** The configuration of a running server: everyone holds this one object, and only `reload` changes it. */
export class LiveConfig {
  readonly current: Config;

  constructor(config: Config) {
    this.current = { ...config };
  }

  /**
   * Reads the environment file again and takes over what can change. A wrong file changes nothing at all. What needs a
   * restart is logged and left as it is.
   */
  reload(environment: Environment, log: Logger): void {
    let next: Config;
    try {
      next = readConfig(readEnvironment(environment));
      if (next.developmentMode !== this.current.developmentMode) throw new ConfigError([modeMistake]);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error('the configuration is wrong and was not taken over', { mistakes: error.mistakes });
      return;
    }
    const differing = (Object.keys(next) as (keyof Config)[]).filter((name) => this.#differs(name, next));
    const taken = differing.filter((name) => (changeable as readonly string[]).includes(name));
    for (const name of taken) log.info('a setting has changed', describe(name, this.current, next));
    Object.assign(this.current, Object.fromEntries(taken.map((name) => [name, next[name]])));
    const left = differing.filter((name) => !taken.includes(name));
    if (left.length > 0)
      log.warn('settings that have changed need a restart', { settings: left.map(variableOf) });
    log.info('configuration read again', { changed: taken.length });
  }

  #differs(name: keyof Config, next: Config): boolean {
    // What a host knows better than its operator was filled in at the start, and is not in the file.
    if (next[name] === undefined && (name === 'udpListenIp' || name === 'announcedAddresses')) return false;
    return !isDeepStrictEqual(next[name], this.current[name]);
  }
}

const modeMistake =
  'TUREEN_API_KEY: got keys where there were none or none where there were some, wants a restart, for development mode is chosen at the start';

function describe(name: keyof Config, before: Config, after: Config) {
  const setting = variableOf(name);
  if (name === 'apiKeys') return { setting, keys: [...after.apiKeys.keys()] };
  return secretKeys.has(name) ? { setting } : { setting, from: before[name], to: after[name] };
}

function variableOf(name: keyof Config): string {
  if (name === 'apiKeys') return 'TUREEN_API_KEY';
  return (settings as Readonly<Record<string, Setting>>)[name]?.env ?? name;
}
