import { parseArgs } from 'node:util';
import { Value } from '@sinclair/typebox/value';
import { mintApiToken } from '../access/api-access.ts';
import { type Scope, scopes } from '../access/scopes.ts';
import { mintToken, TokenGrants } from '../access/tokens.ts';
import { type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { runCommand } from './command.ts';

const usage = `Prints an access token for one peer in one room, or for a program.

  tureen token --room x --peer y [--display-name "Alice"] [--hours 24] [--key name] [--grants '{"publish":["audio"]}'] [--metadata '{}']
  tureen token --scopes read,media --name sip [--hours 24] [--key name]

In a checkout of the sources it is npm run token, with the same options.
The key and its secret are read from TUREEN_API_KEY and TUREEN_API_SECRET, or from the file that TUREEN_ENV_FILE names.
Scopes: ${scopes.join(', ')}.`;

/** Runs the command. @returns the exit code */
export async function tokenCommand(args: string[], environment: Environment): Promise<number> {
  return await runCommand({ usage, args, run: () => token(args, environment) });
}

async function token(args: string[], environment: Environment): Promise<string> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      room: text,
      peer: text,
      scopes: text,
      'display-name': text,
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
  const signing = () => ({ ...signingKey(values.key, environment), lifetime, now: Date.now() });
  if (values.scopes !== undefined) {
    const other = (['room', 'peer', 'display-name', 'grants', 'metadata'] as const).find(
      (option) => values[option] !== undefined,
    );
    if (other)
      throw new Error(
        `--${other} is for the token of a peer, --scopes for that of a program. Leave out one of them.`,
      );
    return await mintApiToken({ scopes: readScopes(values.scopes), name, ...signing() });
  }
  if (!room || !peer) throw new Error('--room and --peer, or --scopes, are required.');
  const grants = values.grants === undefined ? undefined : readGrants(values.grants);
  const metadata = values.metadata === undefined ? undefined : readObject('--metadata', values.metadata);
  // Its former name for peers, which goes with the next version.
  const { 'display-name': displayName = name } = values;
  return await mintToken({ ...signing(), roomId: room, peerId: peer, displayName, grants, metadata });
}

function signingKey(chosen: string | undefined, environment: Environment) {
  const { apiKeys } = readConfig(readEnvironment(environment));
  const key = chosen ?? [...apiKeys.keys()][0];
  const secret = key === undefined ? undefined : apiKeys.get(key);
  if (key !== undefined && secret !== undefined) return { key, secret };
  throw new Error(
    chosen
      ? `--key: got "${chosen}", wants a name in TUREEN_API_KEY.`
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
    // The error below has the text.
  }
  throw new Error(`${option}: got ${written}, wants a JSON object.`);
}
