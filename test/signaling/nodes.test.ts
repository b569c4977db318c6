import { expect, setDefaultTimeout, test } from 'bun:test';
import { buildPage } from '../../client/build.ts';
import { SfuError } from '../../src/core/errors.ts';
import { Elsewhere } from '../../src/signaling/elsewhere.ts';
import { type AnyNode, originsOf } from '../../src/signaling/nodes.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';

setDefaultTimeout(60_000);

/** Two nodes with addresses for clients, and one without. */
async function meshOfThree(): Promise<BusMesh> {
  await buildPage();
  const mesh = await BusMesh.of([]);
  await mesh.add('a', { ...withKeys, TUREEN_PUBLIC_URL: 'https://a.example.org' });
  await mesh.add('b', { ...withKeys, TUREEN_PUBLIC_URL: 'https://b.example.org:8443/calls' });
  await mesh.add('c', withKeys);
  await until(() => mesh.knows('a').length === 2, 'the mesh');
  return mesh;
}

const ask = async (mesh: BusMesh, path: string) =>
  await fetch(`http://127.0.0.1:${mesh.server('a').port}${path}`);

test('clients are told of the nodes that they can use, before they join and when they are welcome', async () => {
  await using mesh = await meshOfThree();
  const a = { name: 'a', url: 'https://a.example.org', region: null, draining: false, self: true };
  const b = {
    ...{ name: 'b', url: 'https://b.example.org:8443/calls' },
    ...{ region: null, draining: false, self: false },
  };
  const answer = await ask(mesh, '/nodes');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(await answer.json()).toEqual({ nodes: [a, b] });
  const client = await SignalingClient.connect({
    ...{ server: mesh.server('a'), peerId: 'alice', path: '/signaling?fast=1&' },
    token: await tokenFor('room', 'alice'),
  });
  expect((await client.waitFor('welcome')).nodes).toEqual([a, b]);
  void mesh.server('b').sfu.drain({ milliseconds: 600_000 });
  await eventually(
    'the drain to be told',
    async () => (await ask(mesh, '/nodes')).json() as Promise<{ nodes: { draining: boolean }[] }>,
    ({ nodes }) => nodes[1]?.draining === true,
  );
  await client.close();
});

test('on Fly.io a node that drains has the proxy bring new clients to another machine, once', async () => {
  await using mesh = await BusMesh.of([]);
  const server = await mesh.add('a', { ...withKeys, TUREEN_FLY_REPLAY: 'on' });
  await mesh.add('b', { ...withKeys, TUREEN_PUBLIC_URL: 'https://b.example.org' });
  await until(() => mesh.knows('a').length === 1, 'the mesh');
  const token = await tokenFor('room', 'alice');
  const isReplayed = async (headers: Record<string, string> = {}) => {
    const protocols = `protoo, bearer.${token}`;
    const socket = new RawSocket({
      server,
      peerId: 'alice',
      headers: { 'sec-websocket-protocol': protocols, ...headers },
    });
    await socket.status;

    return socket.head.toLowerCase().includes('fly-replay: elsewhere=true');
  };
  expect(await isReplayed()).toBeFalse();
  void server.sfu.drain({ milliseconds: 600_000 });
  expect(await isReplayed()).toBeTrue();
  expect(await isReplayed({ 'fly-replay-src': 'instance=1' })).toBeFalse();
  // Who goes on with a stay is on this machine.
  expect(await isReplayed({ 'sec-websocket-protocol': `protoo, resume.${'x'.repeat(43)}` })).toBeFalse();
});

test('a node that drains names the others to those whom it does not let in', async () => {
  await using mesh = await BusMesh.of([]);
  const server = await mesh.add('a', withKeys);
  await mesh.add('b', { ...withKeys, TUREEN_PUBLIC_URL: 'https://b.example.org' });
  await until(() => mesh.knows('a').length === 1, 'the mesh');
  void server.sfu.drain({ milliseconds: 600_000 });
  const client = await SignalingClient.connect({
    server,
    peerId: 'alice',
    token: await tokenFor('room', 'alice'),
  });
  expect((await client.closed).reason).toStartWith(
    'draining: use https://b.example.org; this server is about to end',
  );
});

test('a node that is full names two others, and does so for no other refusal', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({
    ...{ name, url: `https://${name}.example.org`, region: null },
    ...{ draining: name === 'b', stale: false, self: name === 'a' },
  })) as [AnyNode, AnyNode, AnyNode, AnyNode];
  const nodes = [a, b, c, d, { ...d, name: 'e' }];
  const elsewhere = new Elsewhere({
    config: { flyReplay: 'off' },
    sfu: { drainDeadline: null },
    nodes: () => nodes,
  });
  const busy = elsewhere.named(new SfuError('busy', 'this server is full', { retryAfterSeconds: 10 }));
  expect(busy.reason).toBe('busy: use https://c.example.org or https://d.example.org; this server is full');
  const locked = new SfuError('room_locked', 'the room is locked');
  expect(elsewhere.named(locked)).toBe(locked);
});

test('a page of one node may go on at the others, and a page of elsewhere may not', async () => {
  await using mesh = await meshOfThree();
  const policy = (await ask(mesh, '/')).headers.get('content-security-policy');
  expect(policy).toContain(
    "connect-src 'self' https://a.example.org wss://a.example.org https://b.example.org:8443 wss://b.example.org:8443;",
  );
  const server = mesh.server('a');
  const codes: string[] = [];
  server.signaling.events.on('connectionRefused', ({ code }) => void codes.push(code));
  for (const origin of ['https://b.example.org:8443', 'https://b.example.org', 'https://evil.example']) {
    const socket = new RawSocket({ server, headers: { origin } });
    await socket.closed;
  }
  // The first one lacks only a token.
  expect(codes).toEqual(['unauthorized', 'foreign_origin', 'foreign_origin']);
});

test('a server that is alone names only itself, and without an address nobody', async () => {
  await using named = await startServer({ TUREEN_PUBLIC_URL: 'http://127.0.0.1:3999' });
  const nodesOf = async ({ port }: { port: number }) =>
    (await (await fetch(`http://127.0.0.1:${port}/nodes`)).json()) as unknown;
  expect(await nodesOf(named)).toMatchObject({ nodes: [{ url: 'http://127.0.0.1:3999', self: true }] });
  await using nameless = await startServer();
  expect(await nodesOf(nameless)).toEqual({ nodes: [] });
});

test('an address that does not belong into a header is no origin', () => {
  const node = (url: string) => ({
    ...{ name: 'n', url, region: null },
    ...{ draining: false, stale: false, self: false },
  });
  const urls = [
    "https://a;script-src'unsafe-inline'",
    'no address',
    'https://[::1]:3000/x',
    'https://b.example',
  ];
  expect(originsOf(urls.map(node))).toEqual(['https://[::1]:3000', 'https://b.example']);
});
