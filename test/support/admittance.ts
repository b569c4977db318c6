import { expect } from 'bun:test';
import { SignalingClient } from './signaling-client.ts';

interface Visit {
  readonly server: { readonly port: number };
  readonly roomId?: string;
  readonly peerId: string;
  readonly token: string;
}

/** How a server answers somebody who comes with a token: `in`, or the code of the refusal. It goes again at once. */
export async function admittance({ server, roomId = 'room', peerId, token }: Visit): Promise<string> {
  const client = await SignalingClient.connect({ server, roomId, peerId, token });
  const refused = client.closed.then(({ reason }) => reason.split(':')[0] ?? '');
  const entered = client.request('getRouterRtpCapabilities', {}).then(
    () => 'in',
    () => refused,
  );
  const outcome = await Promise.race([entered, refused]);
  client.socket.close();
  return outcome;
}

/** Bans an identity on a server in development mode, over REST. */
export async function ban({ port }: { readonly port: number }, value: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/bans`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'identity', value }),
  });
  expect(response.status).toBe(201);
}

/** Whom a server in development mode refuses. */
export async function banned({ port }: { readonly port: number }): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/bans?holding=true`);
  const { items } = (await response.json()) as { items: { value: string }[] };
  return items.map(({ value }) => value).sort();
}
