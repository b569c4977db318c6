import { afterEach } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';

const folder = join(import.meta.dir, 'offers');

/** Names of the recorded offers, without those that are for playing. */
export async function offerNames(which: 'publishers' | 'players'): Promise<string[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.sdp'))
    .map((name) => name.slice(0, -4));
  return names.filter((name) => name.endsWith('-player') === (which === 'players')).sort();
}

/** A recorded offer. */
export async function offerOf(name: string): Promise<string> {
  return await Bun.file(join(folder, `${name}.sdp`)).text();
}

/** A way to start servers, which end with the test that starts them. */
export function useServers(): typeof startServer {
  const servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  return async (...options) => {
    const server = await startServer(...options);
    servers.push(server);
    return server;
  };
}

export interface Call {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to an address of the server. */
export async function call(
  server: Pick<Server, 'port'>,
  path: string,
  options: Call = {},
): Promise<Response> {
  const { method = 'GET', body, headers = {} } = options;
  return await fetch(`http://127.0.0.1:${server.port}${path}`, { method, body, headers });
}

/** Opens a session by a recorded offer. */
export async function open(
  server: Pick<Server, 'port'>,
  path: string,
  options: { offer?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { offer = 'chromium-camera', body = await offerOf(offer), headers = {} } = options;
  return await call(server, path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/sdp', ...headers },
  });
}

/** The path of the session that an answer names. */
export function sessionPath(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`there is no Location in the answer ${response.status}`);
  return location;
}
