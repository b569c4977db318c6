import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { messages } from '../../src/legacy/messages/index.ts';
import { maxFrameBytes } from '../../src/wire/envelope.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { finalText, RawSocket } from '../support/raw-socket.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { Witness } from '../support/witness.ts';
import { enter } from '../support/world.ts';
import { type Form, joinV2, receiving, sending, V2Client, v2Track, withTransports } from './v2-client.ts';

setDefaultTimeout(60_000);

const server = await useServer({ TUREEN_MESSAGES_PER_SECOND: '100000' });
const forms: Form[] = ['bare', 'protoo requests', 'protoo notifications'];

describe('a handshake', () => {
  const ids = 'roomId=handshakes&peerName=raw';
  const cases: [string, number, { path?: string; headers?: Record<string, string | null> }][] = [
    ['of protoo is upgraded, with a peerName as applications of that time give it', 101, {}],
    ['of bare messages is upgraded', 101, { headers: { 'sec-websocket-protocol': 'mediasoup-v2' } }],
    ['with a peerId is upgraded', 101, { path: '/v2?roomId=handshakes&peerId=other' }],
    ['without a sub-protocol is refused', 403, { headers: { 'sec-websocket-protocol': null } }],
    ['without ids is refused', 400, { path: '/v2' }],
    [
      'with a peerName of 129 characters is refused',
      400,
      { path: `/v2?roomId=a&peerName=${'x'.repeat(129)}` },
    ],
    ['that is no upgrade is refused', 426, { headers: { upgrade: null, connection: 'close' } }],
  ];
  test.each(cases)('%s', async (_what, status, options) => {
    const socket = new RawSocket({ server, path: `/v2?${ids}`, ...options });
    expect(await socket.status).toBe(status);
    socket.close();
  });

  test('of a page of another site lets nobody in', async () => {
    const socket = new RawSocket({
      ...{ server, path: '/v2?roomId=foreign&peerName=raw' },
      headers: { origin: 'https://evil.example' },
    });
    await socket.closed;
    expect(socket.body).toContain('foreign_origin');
    expect(server.sfu.rooms.has('foreign')).toBe(false);
  });

  test('is answered with 404 where the old protocol is switched off', async () => {
    await using off = await startServer({ TUREEN_LEGACY: 'off' });
    expect(await new RawSocket({ server: off, path: `/v2?${ids}` }).status).toBe(404);
  });

  test('without a good token is closed with the reason', async () => {
    await using locked = await startServer(withKeys);
    const tokens = [undefined, 'nonsense', await tokenFor('room', 'bob'), await tokenFor('other', 'alice')];
    const codes = await Promise.all(
      tokens.map(async (token) => await (await V2Client.connect({ server: locked, token })).closed),
    );
    expect(codes.map(({ code }) => code)).toEqual([4000, 4000, 4000, 4000]);
    expect(codes.map(({ reason }) => reason.split(':')[0])).toEqual([
      ...['unauthorized', 'unauthorized', 'forbidden', 'forbidden'],
    ]);
    expect(locked.sfu.rooms.size).toBe(0);
  });

  test('of too many from one address is answered with 429', async () => {
    await using paced = await startServer({
      TUREEN_ADDRESS_REQUESTS_PER_SECOND: '1',
      TUREEN_TRUSTED_PROXIES: '127.0.0.1',
    });
    const headers = { 'x-forwarded-for': '192.0.2.1' };
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      const socket = new RawSocket({ server: paced, path: '/v2?roomId=a&peerName=b', headers });
      statuses.push(await socket.status);
      socket.close();
    }
    expect(statuses).toContain(101);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a frame', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const unreadable = [
    ...['', '{', 'null', '[]', '"join"', '{}', '{"id":99}', '{"id":99,"method":"queryRoom"}', nested(30_000)],
    ...[
      '{"id":-1,"request":{}}',
      '{"id":99,"request":null}',
      '{"id":99,"request":[]}',
      '{"notification":true}',
    ],
    ...[`{"id":99,"request":{"method":"queryRoom","x":${nested(40)}}}`, '{"request":true,"id":99}'],
    ...['{"request":true,"id":99,"method":"join"}', '{"notification":true,"method":"nothing","data":1}'],
    ...['{"request":true,"id":99,"method":"mediasoup-request"}', '{"response":true,"id":99,"ok":true}'],
    ...['{"request":true,"id":99,"method":"mediasoup-request","data":[]}'],
  ];

  test.each(forms)(
    'that means nothing is refused, in the form of %s, and the next one is answered',
    async (form) => {
      for (const text of unreadable) {
        const client = await V2Client.connect({ server, roomId: 'unreadable', form });
        client.socket.send(text);
        expect(await client.request('queryRoom')).toHaveProperty('rtpCapabilities');
        const refused = client.strays.filter((frame) => 'error' in frame || frame.ok === false);
        expect(refused.length + client.told('notificationRefused').length, text).toBe(1);
        await client.close();
      }
    },
  );

  test('that is invalid ends the connection when there are many', async () => {
    const client = await V2Client.connect({ server, roomId: 'many' });
    for (let count = 0; count < 11; count += 1) client.socket.send('{');
    expect(await client.closed).toMatchObject({ code: 1008 });
    await until(() => !server.sfu.rooms.get('many')?.peers.has('alice'), 'that the peer is gone');
  });

  test('that is too large ends the connection', async () => {
    const client = await V2Client.connect({ server, roomId: 'large' });
    client.socket.send('x'.repeat(maxFrameBytes + 1));
    expect((await client.closed).code).toBe(1009);
  });

  test('that sets the prototype changes nothing', async () => {
    const { client } = await withTransports({ server, roomId: 'prototype' });
    const evil = '"__proto__":{"target":"room","hidden":true},"constructor":{"prototype":{"x":1}}';
    client.socket.send(`{"method":"pauseProducer","notification":true,"id":5,${evil}}`);
    client.socket.send(`{"id":99,"request":{"method":"__proto__",${evil}}}`);
    await expect(client.ask({ method: 'constructor', target: 'peer' })).rejects.toMatchObject({
      code: 'unknown_method',
    });
    expect(({} as { hidden?: boolean }).hidden).toBeUndefined();
    expect(server.sfu.peer('prototype', 'alice').hidden).toBe(false);
  });
});

test('a client that sends more than it may is closed for it, and its peer leaves', async () => {
  await using paced = await startServer({ TUREEN_MESSAGES_PER_SECOND: '10' });
  const { client } = await joinV2({ server: paced });
  for (let count = 0; count < 400; count += 1) client.notify('pauseProducer', { id: count });
  expect(await client.closed).toMatchObject({ code: 1008 });
  expect(paced.sfu.rooms.get('room')?.peers.size ?? 0).toBe(0);
});

test('answers that nobody asked for count as messages, and those that the server asked for do not', async () => {
  await using paced = await startServer({ TUREEN_MESSAGES_PER_SECOND: '20' });
  const { client } = await joinV2({ server: paced, form: 'protoo requests' });
  for (let index = 0; index < 150; index += 1)
    await (await joinV2({ server: paced, peerId: `guest ${index}` })).client.close();
  await until(() => client.told('peerClosed').length === 150, 'that all have left');
  expect(client.answered).toBeGreaterThanOrEqual(300);
  expect(await client.request('queryRoom')).toHaveProperty('rtpCapabilities');
  for (let count = 0; count < 12; count += 1) client.send({ response: true, id: count, ok: true });
  expect((await client.closed).code).toBe(1008);
});

test('a client that does not read is closed, and nobody else waits for it', async () => {
  await using witness = await Witness.in(server, { roomId: 'stalled' });
  const socket = new RawSocket({ server, path: '/v2?roomId=stalled&peerName=stalled' });
  await socket.status;
  const request = (id: number, message: object) =>
    socket.sendFrame(
      finalText,
      JSON.stringify({ request: true, id, method: 'mediasoup-request', data: message }),
    );
  request(1, { method: 'join', target: 'room', peerName: 'stalled', rtpCapabilities: {} });
  await until(() => server.sfu.rooms.get('stalled')?.peers.get('stalled')?.joined === true, 'its join');
  socket.stopReading();
  let dropped = false;
  const stop = server.signaling.events.on('socketDropped', ({ peerId, cause }) => {
    dropped ||= peerId === 'stalled' && cause === 'backpressure';
  });
  for (let id = 2; !dropped && id < 4000; id += 1) {
    request(id, { method: 'queryRoom', target: 'room' });
    const { counts } = server.signaling;
    if (id % 50 === 0) await until(() => dropped || counts.queued === 0, 'that the server has read it');
  }
  await until(() => dropped, 'that it is dropped');
  stop();
  expect(server.sfu.rooms.get('stalled')?.peers.has('stalled')).toBe(false);
  expect(witness.answers).toBeGreaterThan(0);
});

test('appData that is repeated to everyone is bounded: a room full of it drops nobody', async () => {
  const appData = { displayName: 'x', more: 'y'.repeat(4000) };
  for (let index = 0; index < 30; index += 1)
    await joinV2({ server, roomId: 'bulky', peerId: `peer ${index}`, join: { appData } });
  const { client, peers } = await joinV2({ server, roomId: 'bulky', peerId: 'last' });
  expect(peers.length).toBe(30);
  await client.close();
});

describe('random messages', () => {
  const atoms: unknown[] = [
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 40,
    '',
    'x',
    'peer',
    [],
    {},
    [{}],
    sending,
    receiving,
  ];

  function mutated(value: unknown, random: Random): unknown {
    if (random.chance(0.2)) return random.pick(atoms);
    if (Array.isArray(value)) return value.map((item) => mutated(item, random));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(() => !random.chance(0.1));
    return Object.fromEntries(entries.map(([key, item]) => [key, mutated(item, random)]));
  }

  test('are answered or refused, break nothing, and nobody else notices', async () => {
    const random = seededRandom('messages of the old protocol');
    await using witness = await Witness.in(server, { roomId: 'fuzz' });
    let { client } = await withTransports({ server, roomId: 'fuzz' });
    await client.request('createProducer', { id: 3, transportId: sending, ...v2Track('audio', 700) });
    let answers = 0;
    for (let count = 0; count < 600; count += 1) {
      const { name, type, target, example } = random.pick(messages);
      const fields = mutated(example, random) as object;
      const message = {
        method: name,
        target,
        ...(type === 'notification' && { notification: true }),
        ...fields,
      };
      if (type === 'request' || random.chance(0.1)) {
        await client.ask(message).catch(() => {});
        answers += 1;
      } else client.send(message);
      if (name === 'leave') {
        await client.request('queryRoom').catch(() => {});
        if (client.socket.readyState !== WebSocket.OPEN)
          ({ client } = await withTransports({ server, roomId: 'fuzz' }));
      }
    }
    expect(answers).toBeGreaterThan(100);
    await client.close();
    await until(() => !server.sfu.rooms.get('fuzz')?.peers.has('alice'), 'that it is gone');
    const remaining = server.sfu.rooms.get('fuzz')?.peers.size;
    expect(remaining).toBe(1);
    expect(witness.answers).toBeGreaterThan(0);
  });
});

test('a foreign number is like one that there is not: nobody touches what belongs to somebody else', async () => {
  const bob = await withTransports({ server, roomId: 'foreign', peerId: 'bob' });
  await bob.client.request('createProducer', { id: 77, transportId: sending, ...v2Track('audio', 700) });
  const carol = await enter({ server, roomId: 'foreign', peerId: 'carol' });
  await carol.client.waitFor('newConsumer');
  const { client } = await joinV2({ server, roomId: 'foreign' });
  for (const name of ['closeProducer', 'pauseProducer'] as const) client.notify(name, { id: 77 });
  client.notify('closeTransport', { id: sending });
  await expect(client.request('restartTransport', { id: sending })).rejects.toMatchObject({
    code: 'not_found',
  });
  const [publication] = server.sfu.peer('foreign', 'bob').publications.values();
  expect(publication?.producer.paused).toBe(false);
  expect(publication?.producer.closed).toBe(false);
});
