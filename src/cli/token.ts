import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { mintApiToken } from '../access/api-access.ts';
import { type Scope, scopes } from '../access/scopes.ts';
import { mintToken, TokenGrants } from '../access/tokens.ts';
import { ConfigError, type Environment, readConfig } from '../config/config.ts';

const usage = `Prints an access token for one peer in one room, or for a program.

  tureen token --room x --peer y [--name "Alice"] [--hours 24] [--key name] [--grants '{"publish":["audio"]}'] [--metadata '{}']
  tureen token --scopes read,media --name sip [--hours 24] [--key name]
  bun run token with the same options, in a checkout of the sources

The key and its secret are read from TUREEN_API_KEY and TUREEN_API_SECRET, or from the file that TUREEN_ENV_FILE names.
Scopes: ${scopes.join(', ')}.`;

/** Runs the command. @returns the exit code */
export async function tokenCommand(args: string[], environment: Environment): Promise<number> {
  try {
    console.log(args.includes('--help') ? usage : await token(args, environment));
    return 0;
  } catch (error) {
    console.error(error instanceof ConfigError || error instanceof Error ? error.message : String(error));
    console.error(`\n${usage}`);
    return 1;
  }
}

async function token(args: string[], environment: Environment): Promise<string> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      room: text,
      peer: text,
      scopes: text,
      name: text,
      hours: text,
      key: text,
      grants: text,
      metadata: text,
    },
  });
  const { room, peer, name, hours = '24' } = values;
  const lifetime = Math.round(Number(hours) * 3600);
  if (!(lifetime > 0)) throw new Error(`--hours: got "${hours}", wants a number above 0.`);
  const signing = () => ({ ...signingKey(values.key, environment), name, lifetime, now: Date.now() });
  if (values.scopes !== undefined) {
    const foreign = (['room', 'peer', 'grants', 'metadata'] as const).find(
      (option) => values[option] !== undefined,
    );
    if (foreign)
      throw new Error(`--${foreign} is for a peer's token and --scopes for a program's; leave one out.`);
    return await mintApiToken({ scopes: readScopes(values.scopes), ...signing() });
  }
  if (!room || !peer) throw new Error('--room and --peer are needed, or --scopes.');
  const grants = values.grants === undefined ? undefined : readGrants(values.grants);
  const metadata = values.metadata === undefined ? undefined : readObject('--metadata', values.metadata);
  return await mintToken({ ...signing(), roomId: room, peerId: peer, grants, metadata });
}

function signingKey(named: string | undefined, environment: Record<string, string | undefined>) {
  const { apiKeys } = readConfig(environment);
  const key = named ?? [...apiKeys.keys()][0];
  const secret = key === undefined ? undefined : apiKeys.get(key);
  if (key !== undefined && secret !== undefined) return { key, secret };
  throw new Error(
    named
      ? `--key: "${named}" is not in TUREEN_API_KEY.`
      : 'TUREEN_API_KEY and TUREEN_API_SECRET are not set. In development mode no token is needed.',
  );
}

function readScopes(written: string): Scope[] {
  const named = [...new Set(written.split(',').map((scope) => scope.trim()))];
  const wrong = named.find((scope) => !scopes.includes(scope as Scope));
  if (wrong === undefined) return named as Scope[];
  throw new Error(`--scopes: got "${wrong}", wants any of ${scopes.join(', ')}, separated by commas.`);
}

function readGrants(written: string) {
  const grants = readObject('--grants', written);
  if (Value.Check(TokenGrants, grants)) return grants;
  throw new Error(
    `--grants: got ${written}, wants publish, subscribe, moderate and hidden as in docs/tokens.md.`,
  );
}

function readObject(option: string, written: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below, with what was given.
  }
  throw new Error(`${option}: got ${written}, wants a JSON object.`);
}

if (import.meta.main || process.env.TUREEN_RUN === 'token')
  process.exit(await tokenCommand(process.argv.slice(2), process.env));
