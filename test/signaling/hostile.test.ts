import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { EventBus, EventMap } from '../../src/core/event-bus.ts';
import { maxFrameBytes, maxFrameDepth } from '../../src/wire/envelope.ts';
import { TestClock } from '../support/clock.ts';
import { finalText, firstText, nextPart, RawSocket } from '../support/raw-socket.ts';
import { startServer } from '../support/server.ts';
import { type Refused, SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { Witness } from '../support/witness.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

/** As fast as a test can send. */
const unpaced = { TUREEN_MESSAGES_PER_SECOND: '100000' };

/** What the server answered to the last frame: the reason of a refusal, with or without an id to answer to. */
async function complaint(client: SignalingClient, send: () => void): Promise<string> {
  const answer = client.frames.next(
    'an answer',
    ({ response, method }) => response === true || method === 'invalidMessage',
  );
  send();
  const { response, errorReason = 'ok', data } = await answer;
  return response ? errorReason : String(data?.reason);
}

function sendText(client: SignalingClient, text: string): Promise<string> {
  return complaint(client, () => client.socket.send(text));
}

async function stillAnswers(client: SignalingClient): Promise<void> {
  expect(await client.request('getRtcStatsUrl', {})).toEqual({});
}

function eventsOf<Events extends EventMap<Events>, N extends keyof Events>(
  bus: EventBus<Events>,
  name: N,
): Events[N][] {
  const seen: Events[N][] = [];
  bus.on(name, (data) => void seen.push(data));
  return seen;
}

function nested(levels: number, open: string, close: string): string {
  return open.repeat(levels) + close.repeat(levels);
}

describe('a handshake', () => {
  const ids = 'roomId=room&peerId=raw';
  const cases: [string, number, { path?: string; headers?: Record<string, string | null> }][] = [
    ['that is good is upgraded', 101, {}],
    ['at the start address is upgraded', 101, { path: `/?${ids}` }],
    ['without a sub-protocol is refused', 403, { headers: { 'sec-websocket-protocol': null } }],
    ['with another sub-protocol is refused', 403, { headers: { 'sec-websocket-protocol': 'chat, protoo2' } }],
    ['with ours among others is upgraded', 101, { headers: { 'sec-websocket-protocol': 'chat, protoo' } }],
    ['without ids is refused', 400, { path: '/signaling' }],
    ['without a room is refused', 400, { path: '/signaling?peerId=raw' }],
    ['with an empty peer is refused', 400, { path: '/signaling?roomId=room&peerId=' }],
    ['with an id of 129 characters is refused', 400, { path: `/?roomId=room&peerId=${'x'.repeat(129)}` }],
    ['with an id of 128 characters is upgraded', 101, { path: `/?roomId=room&peerId=${'x'.repeat(128)}` }],
    ['with a NUL in an id is refused', 400, { path: '/?roomId=a%00b&peerId=raw' }],
    ['with a line end in an id is refused', 400, { path: '/?roomId=a%0d%0ab&peerId=raw' }],
    ['with a turned direction in an id is refused', 400, { path: '/?roomId=room&peerId=a%E2%80%AEb' }],
    ['with an id that ends in a space is refused', 400, { path: '/?roomId=room&peerId=raw%20' }],
    [
      'with ids that are names of prototypes is upgraded',
      101,
      { path: '/?roomId=__proto__&peerId=constructor' },
    ],
    [
      'with ids in other scripts is upgraded',
      101,
      { path: `/?roomId=${encodeURIComponent('部屋 🏠')}&peerId=%C3%A9` },
    ],
    ['that is no upgrade is refused', 426, { headers: { upgrade: null, connection: 'close' } }],
  ];
  test.each(cases)('%s', async (_what, status, options) => {
    await using server = await startServer();
    const socket = new RawSocket({ server, ...options });
    expect(await socket.status).toBe(status);
    if (status !== 101) {
      // What follows is one sentence of ours, and nothing was let in.
      expect(socket.body.trim().split('\n').length).toBe(1);
      expect(server.sfu.snapshot().rooms).toEqual([]);
    }
    socket.close();
  });

  /** Browsers show a page no answer to a handshake, so it gets its reason from a socket that is closed at once. */
  async function expectForeign(server: Server, origin: string): Promise<void> {
    const socket = new RawSocket({ server, headers: { origin } });
    await socket.closed;
    expect(socket.body).toContain('foreign_origin');
    expect(server.sfu.snapshot().rooms).toEqual([]);
  }

  test.each(['https://evil.example', 'null', 'http://['])(
    'of a page of %s lets nobody in',
    async (origin) => {
      await using server = await startServer();
      await expectForeign(server, origin);
    },
  );

  test('of the own page and of allowed pages is upgraded', async () => {
    await using own = await startServer();
    const ownPage = new RawSocket({ server: own, headers: { origin: `http://127.0.0.1:${own.port}` } });
    expect(await ownPage.status).toBe(101);
    await using other = await startServer({ TUREEN_ALLOWED_ORIGINS: 'https://app.example' });
    await expectForeign(other, 'https://app.example.evil.example');
    await expectForeign(other, 'https://example');
    const allowed = new RawSocket({ server: other, headers: { origin: 'https://app.example' } });
    expect(await allowed.status).toBe(101);
    await until(() => other.sfu.snapshot().rooms.length === 1, 'the room of the page that is allowed');
  });

  test('with bytes that are no UTF-8 in an id is answered', async () => {
    await using server = await startServer();
    const status = await new RawSocket({ server, path: '/?roomId=%ff%fe&peerId=%' }).status;
    expect([101, 400]).toContain(status);
  });
});

describe('a frame', () => {
  const unreadable = [
    '',
    ' ',
    '{',
    'null',
    '1',
    'true',
    '"join"',
    '[]',
    '[{"request":true,"id":1,"method":"getRtcStatsUrl"}]',
    '{}',
    "{'request':true}",
    '\u0000',
    '\ufeff{"request":true,"id":1,"method":"getRtcStatsUrl"}',
    '{"request":true,"id":1,"method":"getRtcStatsUrl"} x',
    '{"request":true,"id":1,"method":"getRtcStatsUrl"',
    '{"request":"true","id":1,"method":"getRtcStatsUrl"}',
    '{"request":1,"id":1,"method":"getRtcStatsUrl"}',
    '{"request":true}',
    '{"request":true,"id":1}',
    '{"request":true,"id":1,"method":null}',
    '{"request":true,"id":1,"method":["getRtcStatsUrl"]}',
    '{"request":true,"id":1,"method":{"toString":1}}',
    '{"notification":true}',
    '{"notification":true,"method":7}',
    '{"response":true}',
    '{"response":true,"id":"1","ok":true}',
    '{"__proto__":{"request":true,"id":1,"method":"leaveCall"}}',
  ];
  const wrongIds = ['null', '"1"', '-1', '1.5', '4294967296', '1e300', '1e999', '[1]', '{}', 'true', '""'];
  const texts = [
    ...unreadable,
    ...wrongIds.map((id) => `{"request":true,"id":${id},"method":"leaveCall"}`),
    nested(30_000, '[', ']'),
    nested(10_000, '{"a":', '}').replace(':}', ':0}'),
    `{"request":true,"id":1,"method":"join","data":${nested(30_000, '[', ']')}}`,
    `{"notification":true,"method":"leaveCall","data":${nested(30_000, '[', ']')}}`,
  ];

  test('that cannot be read gets a clear error, and the connection goes on', async () => {
    await using server = await startServer();
    await using _witness = await Witness.in(server);
    const failures: string[] = [];
    for (const text of texts) {
      const client = await SignalingClient.connect({ server });
      const reason = await sendText(client, text);
      if (!reason.startsWith('invalid_message: ')) failures.push(`${text.slice(0, 60)} got ${reason}`);
      await stillAnswers(client);
      await client.close();
    }
    expect(failures).toEqual([]);
  });

  test('with an id that can be read is answered under it', async () => {
    await using server = await startServer();
    const client = await SignalingClient.connect({ server });
    for (const id of [0, 1, 4_294_967_295]) {
      const answer = client.frames.next('an answer', ({ response }) => response === true);
      client.sendFrame({ request: true, id, method: 'getRtcStatsUrl' });
      expect((await answer).id).toBe(id);
    }
  });

  test('that is nested too deep is answered under its id all the same', async () => {
    await using server = await startServer();
    const client = await SignalingClient.connect({ server });
    const deep = JSON.parse(nested(1000, '[', ']'));
    await expect(client.ask('join', { appData: deep })).rejects.toThrow(/^invalid_message: /);
    await stillAnswers(client);
  });

  test('may be as deep as allowed and no deeper', async () => {
    await using server = await startServer();
    const { client, sendTransport } = await enter({ server, peerId: 'alice' });
    const track = audioTrack(sendTransport, 1);
    // The frame, its data and appData are three levels.
    const produce = (levels: number) => {
      const deep = JSON.parse(nested(levels, '[', ']'));
      return JSON.stringify({
        request: true,
        id: 900,
        method: 'produce',
        data: { ...track, appData: { deep } },
      });
    };
    expect(await sendText(client, produce(maxFrameDepth - 3))).toBe('ok');
    expect(await sendText(client, produce(maxFrameDepth - 2))).toMatch(/^invalid_message: /);
  });

  test('that is too large closes its socket and disturbs nobody', async () => {
    await using server = await startServer();
    await using witness = await Witness.in(server);
    const { client } = await enter({ server, peerId: 'mallory' });
    const frame = (bytes: number) => {
      const empty = '{"request":true,"id":7,"method":"getRtcStatsUrl","data":{"filler":""}}';
      return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
    };
    expect(await sendText(client, frame(maxFrameBytes))).toBe('ok');
    client.socket.send(frame(maxFrameBytes + 1));
    expect([1006, 1009]).toContain((await client.closed).code);
    const huge = await SignalingClient.connect({ server, peerId: 'huge' });
    huge.socket.send('x'.repeat(20_000_000));
    expect([1006, 1009]).toContain((await huge.closed).code);
    await witness.member.client.waitFor('peerClosed', ({ peerId }) => peerId === 'mallory');
  });

  test('that is too large in its parts closes its socket too', async () => {
    await using server = await startServer();
    await using _witness = await Witness.in(server);
    const closed = eventsOf(server.signaling.events, 'socketClosed');
    const raw = new RawSocket({ server });
    expect(await raw.status).toBe(101);
    for (let part = 0; part < 40 && closed.length === 0; part += 1) {
      raw.sendFrame(part === 0 ? firstText : nextPart, 'x'.repeat(60_000));
    }
    await raw.closed;
    expect(closed.map(({ peerId }) => peerId)).toEqual(['raw']);
  });

  test('of text that is no UTF-8 harms its own socket at most', async () => {
    await using server = await startServer();
    await using _witness = await Witness.in(server);
    const raw = new RawSocket({ server });
    expect(await raw.status).toBe(101);
    raw.sendFrame(finalText, Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    await raw.closed;
  });

  test('that cannot be read, again and again, closes the socket with 1008', async () => {
    await using server = await startServer();
    await using _witness = await Witness.in(server);
    const dropped = eventsOf(server.signaling.events, 'socketDropped');
    const { client } = await enter({ server, peerId: 'mallory' });
    for (let count = 0; count < 11; count += 1) client.socket.send('{');
    const { code, reason } = await client.closed;
    expect(code).toBe(1008);
    expect(reason).toStartWith('invalid: ');
    expect(dropped).toEqual([{ cause: 'invalid', roomId: 'room', peerId: 'mallory' }]);
  });

  test('that is binary is ignored, whatever it holds', async () => {
    await using server = await startServer();
    const { client } = await enter({ server, peerId: 'alice' });
    const before = client.events.length;
    const leave = '{"request":true,"id":1,"method":"leaveCall"}';
    for (const content of [leave, '', '{', '\u0000'.repeat(60_000)]) client.socket.send(Buffer.from(content));
    await stillAnswers(client);
    expect(client.events.length).toBe(before);
  });
});

describe('keys that could reach a prototype', () => {
  const pollution =
    '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":{"polluted":true}';

  test('change nothing, and are not handed to others', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enter({ server, peerId: 'alice' });
    const texts: string[] = [];
    bob.client.socket.addEventListener('message', ({ data }) => void texts.push(String(data)));
    const { transportId, kind, rtpParameters } = audioTrack(alice.sendTransport, 1);
    const data = `"transportId":"${transportId}","kind":"${kind}","rtpParameters":${JSON.stringify(rtpParameters)}`;
    const appData = `{"source":"mic","list":[{${pollution}}],"inner":{${pollution}},${pollution}}`;
    const frame = `{"request":true,"id":99,"method":"produce","data":{${data},"appData":${appData},${pollution}},${pollution}}`;
    expect(await sendText(alice.client, frame)).toBe('ok');
    const offered = await bob.client.waitFor('newConsumer');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(texts.join()).not.toContain('__proto__');
    const handed = offered.appData as Record<string, unknown>;
    expect(Object.getPrototypeOf(handed)).toBe(Object.prototype);
    expect([handed.source, handed.peerId, handed.polluted]).toEqual(['mic', 'alice', undefined]);
  });

  test('do not stand in for fields that are missing', async () => {
    await using server = await startServer();
    const client = await SignalingClient.connect({ server });
    const join =
      '{"request":true,"id":99,"method":"changeDisplayName","data":{"__proto__":{"displayName":"x"}}}';
    expect(await sendText(client, join)).toMatch(/^invalid_params: /);
    const device = '{"request":true,"id":99,"method":"join","data":{"device":{"__proto__":{"name":"x"}}}}';
    expect(await sendText(client, device)).toBe('ok');
    expect(server.sfu.snapshot().rooms[0]?.peers[0]?.device).toEqual({});
  });

  test('are no methods', async () => {
    await using server = await startServer();
    const handled = eventsOf(server.signaling.events, 'requestHandled');
    const client = await SignalingClient.connect({ server });
    for (const method of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '',
      'Join',
      'x'.repeat(60_000),
    ]) {
      const refusal = await client.ask(method).catch((error: Refused) => error);
      expect((refusal as Refused).code).toBe('unknown_method');
      expect((refusal as Refused).errorReason.length).toBeLessThan(300);
    }
    // Names that clients make up must not become labels of metrics.
    expect(new Set(handled.map(({ method }) => method))).toEqual(new Set(['unknown']));
  });

  test('a sender cannot pass itself off as another one', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enter({ server, peerId: 'alice' });
    const appData = { peerId: 'carol', producerId: 'x', id: 'y' };
    await alice.client.request('produce', { ...audioTrack(alice.sendTransport, 1), appData });
    const offered = await bob.client.waitFor('newConsumer');
    expect([offered.peerId, (offered.appData as { peerId: string }).peerId]).toEqual(['alice', 'alice']);
  });
});

describe('notifications of a client', () => {
  test('that nobody knows, or that want an answer, are passed over', async () => {
    await using server = await startServer();
    const client = await SignalingClient.connect({ server });
    await stillAnswers(client);
    const before = client.events.length;
    for (const method of ['', '__proto__', 'nonsense', 'join', 'getRtcStatsUrl', 'x'.repeat(60_000)]) {
      client.notify(method, {});
    }
    for (const data of [null, 1, 'x', [], { producerId: 1 }]) client.notify('closeProducer', data);
    await stillAnswers(client);
    expect(client.events.length).toBe(before);
    expect(server.sfu.snapshot().rooms[0]?.peers[0]?.state).toBe('connected');
  });
});

describe('names', () => {
  test('lose control characters and turned directions, and keep every script', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const { client } = await enter({ server, peerId: 'alice' });
    const renamed: [string, string][] = [
      ['  Ada \u0000\n\t Lovelace\u202e ', 'Ada Lovelace'],
      ['👩‍👩‍👧 Ωmega 部屋', '👩‍👩‍👧 Ωmega 部屋'],
      ['<script>alert(1)</script>', '<script>alert(1)</script>'],
      ['🎉'.repeat(128), '🎉'.repeat(64)],
      ['\u0007', ''],
    ];
    for (const [displayName, shown] of renamed) {
      await client.request('changeDisplayName', { displayName });
      await bob.client.waitFor('peerDisplayNameChanged', (data) => data.displayName === shown);
    }
    const long = client.request('changeDisplayName', { displayName: 'x'.repeat(257) });
    await expect(long).rejects.toThrow(/^invalid_params: /);
  });
});

describe('messages of one socket', () => {
  test('are handled in their order, one at a time', async () => {
    await using server = await startServer({ ...unpaced, TUREEN_MAX_TRANSPORTS_PER_PEER: '8' });
    await using _witness = await Witness.in(server);
    const { client, sendTransport } = await enter({ server, peerId: 'alice' });
    const before = client.frames.all.length;
    // Some go to the media worker and back, some are answered at once.
    const requests = Array.from({ length: 60 }, (_, index) =>
      index % 3 === 0
        ? client.ask('getTransportStats', { transportId: sendTransport })
        : index % 3 === 1
          ? client.ask('getRtcStatsUrl')
          : client.ask('produce', audioTrack('no such transport', index)),
    );
    await Promise.allSettled(requests);
    const answers = client.frames.all.slice(before).filter(({ response }) => response);
    const answered = answers.map(({ id = -1 }) => id);
    expect(answered).toEqual(answered.toSorted((left, right) => left - right));
    expect(answered.length).toBe(60);
    // Were they handled beside each other, more would pass the limit than it allows: two are there already.
    const opened = await Promise.allSettled(
      Array.from({ length: 20 }, () => client.request('createWebRtcTransport', { producing: true })),
    );
    expect(opened.filter(({ status }) => status === 'fulfilled').length).toBe(6);
    expect(server.sfu.peer('room', 'alice').transports.size).toBe(8);
  });

  test('are slowed when they are many', async () => {
    await using server = await startServer({ TUREEN_MESSAGES_PER_SECOND: '20' });
    await using _witness = await Witness.in(server);
    const client = await SignalingClient.connect({ server, peerId: 'mallory' });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 120 }, () => stillAnswers(client)));
    // A hundred pass at once, the other twenty at twenty a second.
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  test('that come as a flood close it with 1008, and only it', async () => {
    await using server = await startServer();
    await using witness = await Witness.in(server);
    const dropped = eventsOf(server.signaling.events, 'socketDropped');
    const { client } = await enter({ server, peerId: 'mallory' });
    for (let count = 0; count < 3000; count += 1)
      client.notify('changeDisplayName', { displayName: `${count}` });
    const { code, reason } = await client.closed;
    expect(code).toBe(1008);
    expect(reason).toStartWith('flood: ');
    expect(dropped).toEqual([{ cause: 'flood', roomId: 'room', peerId: 'mallory' }]);
    await witness.member.client.waitFor('peerClosed', ({ peerId }) => peerId === 'mallory');
  });

  test('that answer what nobody asked are passed over, and a flood of them closes it', async () => {
    await using server = await startServer({ TUREEN_MESSAGES_PER_SECOND: '20' });
    await using _witness = await Witness.in(server);
    const { client } = await enter({ server, peerId: 'mallory' });
    for (const id of [0, 7, 4_294_967_295]) client.sendFrame({ response: true, id, ok: true, data: {} });
    await stillAnswers(client);
    for (let id = 0; id < 1000; id += 1) client.sendFrame({ response: true, id: 1e6 + id, ok: false });
    expect((await client.closed).code).toBe(1008);
  });
});

describe('a socket', () => {
  test('that never joins is closed, and one that asks for this and that when it stops', async () => {
    const clock = new TestClock();
    await using server = await startServer({ ...unpaced, TUREEN_JOIN_SECONDS: '10' }, { clock });
    await using _witness = await Witness.in(server);
    const silent = await SignalingClient.connect({ server, peerId: 'silent' });
    await silent.waitFor('mediasoupVersion');
    const busy = await Witness.in(server, { peerId: 'joined' });
    const asking = await SignalingClient.connect({ server, peerId: 'asking' });
    clock.advance(9000);
    await asking.request('createWebRtcTransport', { producing: true });
    for (const [client, milliseconds] of [
      [silent, 1000],
      [asking, 9000],
    ] as const) {
      clock.advance(milliseconds);
      const { code, reason } = await client.closed;
      expect(code).toBe(4000);
      expect(reason).toStartWith('join_timeout: ');
    }
    await busy[Symbol.asyncDispose]();
    expect([...(server.sfu.rooms.get('room')?.peers.keys() ?? [])].toSorted()).toEqual(['joined', 'witness']);
  });

  test.each(['/signaling?', '/signaling?fast=1&'])(
    'at %s that is cut while it is let in leaves nobody behind',
    async (path) => {
      await using server = await startServer({ TUREEN_JOIN_SECONDS: '600' });
      const closed = eventsOf(server.signaling.events, 'socketClosed');
      const left = eventsOf(server.sfu.events, 'peerLeft');
      const raw = new RawSocket({ server, path: `${path}roomId=room&peerId=raw` });
      server.sfu.events.on('peerConnected', () => raw.close());
      await until(() => closed.length > 0);
      // At once, and not only when the time to join is over.
      await until(() => server.sfu.rooms.get('room')?.peers.size === 0, 'an empty room');
      expect(left.map(({ reason }) => reason)).toEqual(['disconnected']);
    },
  );

  test('of a client that does not read is dropped, and only it', async () => {
    // It answers no pings either, and must not be dropped for that first.
    await using server = await startServer({ ...unpaced, TUREEN_IDLE_SECONDS: '960' });
    await using witness = await Witness.in(server);
    const dropped = eventsOf(server.signaling.events, 'socketDropped');
    const left = eventsOf(server.sfu.events, 'peerLeft');
    const deaf = new RawSocket({ server, peerId: 'deaf' });
    expect(await deaf.status).toBe(101);
    deaf.request(1, 'join', {});
    const { client: reader } = witness.member;
    await reader.waitFor('newPeer', ({ id }) => id === 'deaf');
    deaf.stopReading();
    const renamers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => enter({ server, peerId: `renamer ${index}` })),
    );
    const rename = async (client: SignalingClient) => {
      for (let count = 0; left.length === 0; count += 1) {
        await client.request('changeDisplayName', { displayName: `${count} ${'x'.repeat(50)}` });
      }
    };
    await Promise.all(renamers.map(({ client }) => rename(client)));
    expect(left.map(({ peerId }) => peerId)).toEqual(['deaf']);
    expect(dropped).toEqual([{ cause: 'backpressure', roomId: 'room', peerId: 'deaf' }]);
    expect(await reader.waitFor('peerClosed')).toEqual({ peerId: 'deaf', reason: 'protocol_error' });
    // Those who read got everything.
    const total = renamers.reduce(
      (sum, { client }) => sum + client.named('peerDisplayNameChanged').length,
      0,
    );
    await until(() => reader.named('peerDisplayNameChanged').length >= total / (renamers.length - 1));
    deaf.close();
  });
});
