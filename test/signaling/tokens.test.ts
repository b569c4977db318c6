import { describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { SignJWT } from 'jose';
import { mintToken } from '../../src/access/tokens.ts';
import { tokenCommand } from '../../src/cli/token.ts';
import { SfuError } from '../../src/core/errors.ts';
import { ProtooClient } from '../support/protoo.ts';
import {
  logLines,
  socketUrl,
  startServer,
  testKey,
  testSecret,
  tokenFor,
  withKeys,
} from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, dataChannel, enter, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const hour = 3_600_000;

describe('a connection', () => {
  test('with a good token in the sub-protocol is let in', async () => {
    await using server = await startServer(withKeys);
    const token = await tokenFor('room', 'alice', { name: 'Alice A.' });
    const client = await SignalingClient.connect({ server, token });
    // Only our own sub-protocol is echoed, never the token.
    expect(client.socket.protocol).toBe('protoo');
    expect(await client.request('join', { displayName: 'Eve' })).toEqual({ peers: [] });
    expect(server.sfu.peer('room', 'alice').displayName).toBe('Alice A.');
  });

  test('with a good token in the address is let in', async () => {
    await using server = await startServer(withKeys);
    const token = await tokenFor('room', 'alice');
    using client = await ProtooClient.open(`${socketUrl({ server, path: '/' })}&token=${token}`);
    expect(await client.request('getRouterRtpCapabilities')).toHaveProperty('codecs');
  });

  test('with two tokens is judged by the one in the sub-protocol', async () => {
    await using server = await startServer(withKeys);
    const token = await tokenFor('room', 'alice');
    const client = await SignalingClient.connect({ server, token, path: '/signaling?token=nonsense&' });
    await client.waitFor('mediasoupVersion');
    expect(client.events[0]?.method).toBe('mediasoupVersion');
  });

  test('with a token of either of two keys is let in', async () => {
    const secrets = [testSecret, `${testSecret}-of-next-year`];
    await using server = await startServer({
      ...withKeys,
      TUREEN_API_KEY: `${testKey},next`,
      TUREEN_API_SECRET: secrets.join(),
    });
    const now = Date.now();
    const request = { roomId: 'room', peerId: 'bob', lifetime: 60, now };
    const next = await mintToken({ ...request, key: 'next', secret: String(secrets[1]) });
    const bob = await SignalingClient.connect({ server, peerId: 'bob', token: next });
    await bob.request('join', {});
    const old = await tokenFor('room', 'alice');
    const alice = await SignalingClient.connect({ server, peerId: 'alice', token: old });
    expect((await alice.request('join', {})).peers.map(({ id }) => id)).toEqual(['bob']);
  });

  test('with a token of the token command is let in', async () => {
    await using server = await startServer(withKeys);
    const print = spyOn(console, 'log').mockImplementation(() => {});
    const code = await tokenCommand(['--room', 'room', '--peer', 'alice', '--name', 'Alice A.'], withKeys);
    const token = String(print.mock.calls[0]?.[0]);
    print.mockRestore();
    expect(code).toBe(0);
    const client = await SignalingClient.connect({ server, token });
    await client.request('join', {});
    expect(server.sfu.peer('room', 'alice').displayName).toBe('Alice A.');
  });
});

describe('a connection is accepted, and closed with 4000 and the reason,', () => {
  const sign = (claims: Record<string, unknown>, secret = testSecret) =>
    new SignJWT({ iss: testKey, sub: 'alice', room: 'room', exp: Date.now() / 1000 + 600, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(secret));
  const tokens: [string, RegExp, () => Promise<string | undefined>][] = [
    ['without a token', /^unauthorized: a token is needed/, async () => undefined],
    [
      'with nonsense for a token',
      /^unauthorized: the token is incomplete or damaged: it is not a JWT/,
      async () => 'nonsense',
    ],
    [
      'with an expired one',
      /^unauthorized: .*expired/,
      () => tokenFor('room', 'alice', { now: Date.now() - 2 * hour }),
    ],
    [
      'with one of the future',
      /^unauthorized: .*not valid yet/,
      () => sign({ nbf: Date.now() / 1000 + 300 }),
    ],
    ['with one that does not end', /^unauthorized: .*exp/, () => sign({ exp: undefined })],
    ['with one for another room', /^forbidden: .*another room/, () => tokenFor('other', 'alice')],
    ['with one for another peer', /^forbidden: .*another peer/, () => tokenFor('room', 'bob')],
    ['with one of another key', /^unauthorized: .*key/, () => sign({ iss: 'other' })],
    ['with one of another secret', /^unauthorized: .*signature/, () => sign({}, 'x'.repeat(40))],
  ];
  test.each(tokens)('%s', async (_what, reason, make) => {
    await using server = await startServer(withKeys);
    const refused: string[] = [];
    server.signaling.events.on('connectionRefused', ({ code }) => void refused.push(code));
    const client = await SignalingClient.connect({ server, token: await make() });
    // What it sends before it knows is not carried out.
    client.notify('join', {});
    client.sendFrame({ request: true, id: 1, method: 'join', data: {} });
    const closed = await client.closed;
    expect(closed.code).toBe(4000);
    expect(closed.reason).toMatch(reason);
    expect(client.events).toEqual([]);
    expect(server.sfu.snapshot().rooms).toEqual([]);
    expect(refused).toEqual([closed.reason.split(':')[0] ?? '']);
  });

  test('and protoo-client does not try again', async () => {
    await using server = await startServer(withKeys);
    const opened: string[] = [];
    server.signaling.events.on('socketOpened', ({ peerId }) => void opened.push(peerId));
    using client = new ProtooClient(socketUrl({ server, path: '/' }), { retries: 5 });
    await client.waitFor('connection:close');
    expect(opened).toEqual(['alice']);
  });

  test('which is not said twice when the application refuses the identity', async () => {
    const admission = () => new SfuError('forbidden', 'you are banned from this room');
    await using server = await startServer(withKeys, { admission });
    const client = await SignalingClient.connect({ server, token: await tokenFor('room', 'alice') });
    expect(await client.closed).toEqual({ code: 4000, reason: 'forbidden: you are banned from this room' });
  });
});

test('a bad token does not put the peer out that it names', async () => {
  await using server = await startServer(withKeys);
  const { client } = await enter({ server, peerId: 'alice', token: await tokenFor('room', 'alice') });
  const thief = await SignalingClient.connect({
    server,
    peerId: 'alice',
    token: await tokenFor('other', 'alice'),
  });
  expect((await thief.closed).code).toBe(4000);
  expect(await client.request('getRtcStatsUrl', {})).toEqual({});
});

describe('a grant', () => {
  test('to publish nothing lets a peer only receive', async () => {
    await using server = await startServer(withKeys);
    const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
    const token = await tokenFor('room', 'alice', { grants: { publish: false } });
    const alice = await enter({ server, peerId: 'alice', token });
    for (const track of [audioTrack(alice.sendTransport, 1), videoTrack(alice.sendTransport, 2)]) {
      await expect(alice.client.request('produce', track)).rejects.toThrow(/^forbidden: /);
    }
    const chat = alice.client.request('produceData', dataChannel(alice.sendTransport, 1));
    await expect(chat).rejects.toThrow(/^forbidden: /);
    const { id } = await bob.client.request('produce', audioTrack(bob.sendTransport, 3));
    expect((await alice.client.waitFor('newConsumer')).producerId).toBe(id);
    expect(bob.client.named('newConsumer')).toEqual([]);
  });

  test('to publish some sources forbids the others', async () => {
    await using server = await startServer(withKeys);
    const token = await tokenFor('room', 'alice', { grants: { publish: ['audio', 'screen'] } });
    const { client, sendTransport } = await enter({ server, peerId: 'alice', token });
    await client.request('produce', audioTrack(sendTransport, 1));
    const camera = client.request('produce', videoTrack(sendTransport, 2));
    await expect(camera).rejects.toThrow(/^forbidden: .*video/);
    const chat = client.request('produceData', dataChannel(sendTransport, 1));
    await expect(chat).rejects.toThrow(/^forbidden: .*data/);
    await client.request('produce', { ...videoTrack(sendTransport, 10), appData: { share: true } });
    const sources = server.sfu.snapshot().rooms[0]?.peers[0]?.producers.map(({ source }) => source);
    expect(sources).toEqual(['audio', 'screen']);
  });

  test('not to subscribe brings no consumers, asked for or not', async () => {
    await using server = await startServer(withKeys);
    const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
    const early = await bob.client.request('produce', audioTrack(bob.sendTransport, 1));
    const token = await tokenFor('room', 'alice', { grants: { subscribe: false } });
    const alice = await enter({ server, peerId: 'alice', token });
    const carol = await enter({ server, peerId: 'carol', token: await tokenFor('room', 'carol') });
    await bob.client.request('produceData', dataChannel(bob.sendTransport, 1));
    await bob.client.request('produce', videoTrack(bob.sendTransport, 2));
    const asked = alice.client.request('consume', { producerId: early.id });
    await expect(asked).rejects.toThrow(/^forbidden: .*subscribe/);
    // By the time that the other one has everything, this one would have something.
    await carol.client.waitFor('newConsumer', ({ kind }) => kind === 'audio');
    await carol.client.waitFor('newConsumer', ({ kind }) => kind === 'video');
    await carol.client.waitFor('newDataConsumer');
    await alice.client.request('getRtcStatsUrl', {});
    expect([alice.client.named('newConsumer'), alice.client.named('newDataConsumer')]).toEqual([[], []]);
    await alice.client.request('produce', audioTrack(alice.sendTransport, 20));
    await bob.client.waitFor('newConsumer', ({ peerId }) => peerId === 'alice');
  });

  test('to be hidden keeps a peer from being told to others, and from publishing', async () => {
    await using server = await startServer(withKeys);
    const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
    await bob.client.request('produce', audioTrack(bob.sendTransport, 1));
    const token = await tokenFor('room', 'ghost', { grants: { hidden: true, publish: true } });
    const ghost = await enter({ server, peerId: 'ghost', token });
    // It receives as anybody does.
    await ghost.client.waitFor('newConsumer', ({ peerId }) => peerId === 'bob');
    const microphone = ghost.client.request('produce', audioTrack(ghost.sendTransport, 2));
    await expect(microphone).rejects.toThrow(/^forbidden: /);
    const chat = ghost.client.request('produceData', dataChannel(ghost.sendTransport, 1));
    await expect(chat).rejects.toThrow(/^forbidden: /);
    await ghost.client.request('changeDisplayName', { displayName: 'Boo' });
    const late = await SignalingClient.connect({
      server,
      peerId: 'late',
      token: await tokenFor('room', 'late'),
    });
    expect((await late.request('join', {})).peers.map(({ id }) => id)).toEqual(['bob']);
    await ghost.client.waitFor('newPeer', ({ id }) => id === 'late');
    await ghost.client.request('leaveCall', {});
    await ghost.client.closed;
    await bob.client.request('getRtcStatsUrl', {});
    expect(JSON.stringify(bob.client.events)).not.toMatch(/ghost|Boo/);
    expect(JSON.stringify(late.events)).not.toMatch(/ghost|Boo/);
  });

  test('to be hidden holds when its media is lost, when it is replaced, and when it is removed', async () => {
    await using server = await startServer({ ...withKeys, TUREEN_WORKERS: '2' });
    const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
    const fast = await SignalingClient.connect({
      server,
      peerId: 'carol',
      token: await tokenFor('room', 'carol'),
      path: '/signaling?fast=1&',
    });
    const token = await tokenFor('room', 'ghost', { grants: { hidden: true, publish: true } });
    const ghost = await enter({ server, peerId: 'ghost', token });
    server.sfu.moveRoom({ roomId: 'room', workerIndex: 1 });
    await ghost.client.waitFor('rejoin');
    await ghost.client.request('join', { displayName: 'Boo' });
    await enter({ server, peerId: 'ghost', token });
    await ghost.client.closed;
    // Who comes meanwhile is not told either, by the fast join or without it.
    const late = await SignalingClient.connect({
      server,
      peerId: 'late',
      token: await tokenFor('room', 'late'),
      path: '/signaling?fast=1&',
    });
    const welcome = await late.waitFor('welcome');
    const by = { kind: 'admin', id: 'root' } as const;
    server.sfu.setPeerMetadata({ roomId: 'room', peerId: 'ghost', metadata: { cry: 'Boo' }, by });
    await server.sfu.removePeer({ roomId: 'room', peerId: 'ghost', by, reason: 'enough' });
    for (const client of [bob.client, fast, late]) {
      await client.request('getRtcStatsUrl', {});
      expect(JSON.stringify([client.events, welcome])).not.toMatch(/ghost|Boo/);
    }
  });

  test('of a name wins over the one that the client gives, and stays', async () => {
    await using server = await startServer(withKeys);
    const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
    const token = await tokenFor('room', 'alice', { name: 'Alice A.' });
    const alice = await SignalingClient.connect({ server, token });
    await alice.request('join', { displayName: 'The President' });
    expect((await bob.client.waitFor('newPeer')).displayName).toBe('Alice A.');
    const renamed = alice.request('changeDisplayName', { displayName: 'The President' });
    await expect(renamed).rejects.toThrow(/^forbidden: /);
    alice.notify('changeDisplayName', { displayName: 'The President' });
    await alice.request('getRtcStatsUrl', {});
    expect(bob.client.named('peerDisplayNameChanged')).toEqual([]);
    // Without a name in the token the client may choose, and change its mind.
    await bob.client.request('changeDisplayName', { displayName: 'Bobby' });
    expect(await alice.waitFor('peerDisplayNameChanged')).toEqual(
      expect.objectContaining({ peerId: 'bob', displayName: 'Bobby' }),
    );
  });
});

test('tokens are never logged, whatever becomes of the connection', async () => {
  const firstLine = logLines.length;
  await using server = await startServer({ ...withKeys, LOG_LEVEL: 'debug' });
  const good = await tokenFor('room', 'alice', { name: 'Alice A.' });
  const { client } = await enter({ server, peerId: 'alice', token: good });
  const expired = await tokenFor('room', 'bob', { now: Date.now() - 2 * hour });
  await (await SignalingClient.connect({ server, peerId: 'bob', token: expired })).closed;
  const foreign = await tokenFor('other', 'carol');
  using protoo = new ProtooClient(`${socketUrl({ server, peerId: 'carol', path: '/' })}&token=${foreign}`);
  await protoo.waitFor('connection:close');
  // Refused before the upgrade, and where there is nothing.
  const base = `http://127.0.0.1:${server.port}`;
  for (const path of ['/signaling?roomId=room', '/?roomId=room', '/nowhere?x=1']) {
    await fetch(`${base}${path}&token=${good}`);
  }
  await client.ask('join', { token: good }).catch(() => {});
  await client.ask(good).catch(() => {});
  await client.request('leaveCall', {});
  await client.closed;
  const lines = logLines.slice(firstLine).join('\n');
  expect(lines).toContain('"peerId":"alice"');
  for (const token of [good, expired, foreign]) {
    for (const part of token.split('.').slice(1)) expect(lines).not.toContain(part);
  }
  expect(lines).not.toContain(testSecret);
});
