import type { Static } from '@sinclair/typebox';
import { mintApiToken } from '../../src/access/api-access.ts';
import { type Scope, scopes } from '../../src/access/scopes.ts';
import { mintToken, type TokenGrants } from '../../src/access/tokens.ts';
import { Server, type ServerOptions } from '../../src/app/server.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { createLogger, type Logger } from '../../src/core/log.ts';

/** Key and secret of servers that run with tokens in tests. */
export const testKey = 'test-key';
export const testSecret = 'test-secret-of-more-than-thirty-two-bytes';

/** Lines that servers logged, kept so that a failing test can be understood and tokens can be searched for. */
export const logLines: string[] = [];

export const testLog: Logger = createLogger({ level: 'debug', write: (line) => void logLines.push(line) });

/**
 * Starts the real server: one worker unless told, every port from the operating system, development mode unless
 * `withKeys` gives it an API key. Stop it by `await using` or by `stop()`.
 */
export async function startServer(
  environment: Environment = {},
  options: Partial<Omit<ServerOptions, 'config'>> = {},
): Promise<Server> {
  // A machine that runs tests is at its end at any time.
  const unlimited = { TUREEN_FULL_AT: '1' };
  const config = readConfig({
    ...unlimited,
    PORT: '0',
    TUREEN_RTC_BASE_PORT: '0',
    TUREEN_WORKERS: '1',
    ...environment,
  });
  return await Server.start({ config, log: testLog, ...options });
}

/** Environment of a server that lets nobody in without a token. */
export const withKeys: Environment = {
  TUREEN_API_KEY: testKey,
  TUREEN_API_SECRET: testSecret,
  HOST: '127.0.0.1',
  TUREEN_LISTEN_IP: '127.0.0.1',
};

/** A token that the server of `withKeys` takes. */
export async function tokenFor(
  roomId: string,
  peerId: string,
  options: {
    grants?: Static<typeof TokenGrants>;
    name?: string;
    lifetime?: number;
    now?: number;
    tokenId?: string;
    key?: string;
    secret?: string;
  } = {},
): Promise<string> {
  const { lifetime = 3600, now = Date.now(), name: displayName, ...rest } = options;
  const request = { key: testKey, secret: testSecret, roomId, peerId, lifetime, now, displayName };
  return await mintToken({ ...request, ...rest });
}

/** A program's key that the server of `withKeys` takes; with every scope unless told. */
export async function apiKey(granted: readonly Scope[] = scopes, name = 'backend'): Promise<string> {
  const lifetime = { lifetime: 3600, now: Date.now() };
  return await mintApiToken({ key: testKey, secret: testSecret, name, scopes: granted, ...lifetime });
}

export interface SocketPlace {
  server: Pick<Server, 'port'>;
  /** Where the server is reached; this machine unless told. */
  host?: string;
  /** Whether the connection is encrypted; it is not unless told. */
  tls?: boolean;
  roomId?: string;
  peerId?: string;
  path?: string;
}

/** ws:// or wss:// address of a peer in a room. */
export function socketUrl({ server, host = '127.0.0.1', tls = false, ...place }: SocketPlace): string {
  const { roomId = 'room', peerId = 'alice', path = '/signaling' } = place;
  const query = new URLSearchParams({ roomId, peerId });
  return `${tls ? 'wss' : 'ws'}://${host}:${server.port}${path}${path.includes('?') ? '' : '?'}${query}`;
}
