import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { ConfigError, type Environment, readConfig } from '../config.ts';
import { mintToken, TokenGrants } from './tokens.ts';

const usage = `Prints an access token for one peer in one room.

  tureen token --room x --peer y [--name "Alice"] [--hours 24] [--key name] [--grants '{"publish":["audio"]}'] [--metadata '{}']
  bun run token --room x --peer y, in a checkout of the sources

The key and its secret are read from TUREEN_API_KEY and TUREEN_API_SECRET, or from the file that TUREEN_ENV_FILE names.`;

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
    options: { room: text, peer: text, name: text, hours: text, key: text, grants: text, metadata: text },
  });
  const { room, peer, name, hours = '24' } = values;
  if (!room || !peer) throw new Error('--room and --peer are needed.');
  const lifetime = Math.round(Number(hours) * 3600);
  if (!(lifetime > 0)) throw new Error(`--hours: got "${hours}", wants a number above 0.`);
  const { apiKeys } = readConfig(environment);
  const key = values.key ?? [...apiKeys.keys()][0];
  const secret = key === undefined ? undefined : apiKeys.get(key);
  if (key === undefined || secret === undefined) {
    throw new Error(
      values.key
        ? `--key: "${values.key}" is not in TUREEN_API_KEY.`
        : 'TUREEN_API_KEY and TUREEN_API_SECRET are not set. In development mode no token is needed.',
    );
  }
  const grants = values.grants === undefined ? undefined : readGrants(values.grants);
  const metadata = values.metadata === undefined ? undefined : readObject('--metadata', values.metadata);
  return await mintToken({
    key,
    secret,
    roomId: room,
    peerId: peer,
    name,
    lifetime,
    grants,
    metadata,
    now: Date.now(),
  });
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
