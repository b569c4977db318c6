import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mintApiToken } from '../../src/access/api-access.ts';
import { maxFrameBytes, maxFrameDepth } from '../../src/wire/envelope.ts';
import { TestClock } from '../support/clock.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { apiKey, logLines, startServer, testKey, testSecret, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { TestController } from './support.ts';

setDefaultTimeout(60_000);

const unpaced = { TUREEN_CONTROLLER_MESSAGES_PER_SECOND: '100000' };

describe('a handshake', () => {
  const cases: [string, number, { path?: string; headers?: Record<string, string | null> }][] = [
    ['that is good is upgraded', 101, {}],
    ['under our own name is upgraded', 101, { headers: { 'sec-websocket-protocol': 'tureen-control' } }],
    ['without a sub-protocol is refused', 403, { headers: { 'sec-websocket-protocol': null } }],
    ['with another sub-protocol is refused', 403, { headers: { 'sec-websocket-protocol': 'chat' } }],
    ['with an empty name is refused', 400, { path: '/control?controllerId=' }],
    ['with a name of 129 characters is refused', 400, { path: `/control?controllerId=${'x'.repeat(129)}` }],
    ['with a line end in the name is refused', 400, { path: '/control?controllerId=a%0db' }],
    ['that is no upgrade is refused', 426, { headers: { upgrade: null, connection: 'close' } }],
  ];
  test.each(cases)('%s', async (_what, status, options) => {
    await using server = await startServer();
    const socket = new RawSocket({ server, path: '/control', ...options });
    expect(await socket.status).toBe(status);
    socket.close();
  });

  test('of whoever has no key, a wrong one, an expired one or a peer’s token is accepted and closed with 4000', async () => {
    await using server = await startServer(withKeys);
    const ending = async (token?: string) => {
      const client = await SignalingClient.connect({ server, path: '/control?', token });
      return await client.closed;
    };
    for (const token of [undefined, 'nonsense', 'tureen_nobody', await tokenFor('room', 'alice')]) {
      expect(await ending(token)).toMatchObject({
        code: 4000,
        reason: expect.stringMatching(/^unauthorized: /),
      });
    }
    expect(server.programs.holdings.endpoints.size).toBe(0);
  });

  test('takes the key from the sub-protocol, the header or the address, and no log has it', async () => {
    await using server = await startServer(withKeys);
    const token = await apiKey(['read', 'media']);
    const ways = [
      { path: '/control?', token },
      { path: '/control?', headers: { authorization: `Bearer ${token}` } },
      { path: `/control?token=${token}&` },
    ];
    for (const way of ways) {
      const client = await SignalingClient.connect({ server, ...way });
      expect(await client.waitFor('welcome')).toMatchObject({ graceSeconds: 30 });
      await client.close();
    }
    expect(logLines.filter((line) => line.includes(token))).toEqual([]);
  });

  test('counts for as long as its key is good: a revoked one and an expired token end the connection', async () => {
    const clock = new TestClock();
    await using server = await startServer(withKeys, { clock });
    const key = server.store.apiKeys.create('gateway', 'admin');
    const lifetime = {
      key: testKey,
      secret: testSecret,
      scopes: ['read'],
      lifetime: 90,
      now: clock.now(),
    } as const;
    const revoked = await TestController.connect(server, { token: key });
    const expiring = await TestController.connect(server, { token: await mintApiToken(lifetime) });
    clock.advance(60_000);
    expect(await revoked.codeOf('listSessions', {})).toBe('done');
    expect(await expiring.codeOf('listSessions', {})).toBe('done');
    const [{ id } = { id: 0 }] = server.store.apiKeys.list();
    server.store.apiKeys.revoke(id);
    const isOpen = ({ client }: TestController) => client.socket.readyState === WebSocket.OPEN;
    await until(() => {
      clock.advance(60_000);
      return !isOpen(revoked) && !isOpen(expiring);
    });
    for (const { client } of [revoked, expiring]) {
      expect(await client.closed).toMatchObject({
        code: 4000,
        reason: expect.stringMatching(/^unauthorized: /),
      });
    }
  });

  test('of a page from elsewhere is not let in where no key is needed', async () => {
    await using server = await startServer();
    const headers = { origin: 'https://evil.example' };
    const client = await SignalingClient.connect({ server, path: '/control?', headers });
    expect(await client.closed).toMatchObject({ code: 4000, reason: expect.stringMatching(/^forbidden: /) });
  });
});

describe('a frame', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const unreadable = [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"request":true}',
    '{"request":true,"id":-1,"method":"listSessions"}',
    '{"notification":true,"method":"subscribe"}',
    '{"response":true,"id":1,"ok":true}',
    nested(30_000),
    `{"request":true,"id":900,"method":"createSession","data":${nested(maxFrameDepth + 1)}}`,
  ];

  test('that cannot be read is told, changes nothing, and after several ends the connection with 1008', async () => {
    await using server = await startServer(unpaced);
    for (const text of unreadable) {
      const { client } = await TestController.connect(server);
      client.socket.send(text);
      expect(await client.ask('listSessions', {})).toMatchObject({ items: [] });
      for (let count = 0; count < 11; count += 1) client.socket.send(text);
      expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^invalid: /) });
    }
    expect(server.sfu.rooms.size).toBe(0);
  });

  test('that is too large ends its connection alone', async () => {
    await using server = await startServer();
    const large = await TestController.connect(server);
    const other = await TestController.connect(server);
    large.client.socket.send(`"${'x'.repeat(maxFrameBytes)}"`);
    expect((await large.client.closed).code).toBe(1009);
    expect(await other.codeOf('listSessions', {})).toBe('done');
  });

  test('with an unknown method, unknown params or those of a prototype is refused by name', async () => {
    await using server = await startServer();
    const { client } = await TestController.connect(server);
    const refusal = (method: string, data: unknown) =>
      client.ask(method, data).then(
        () => 'done',
        (error: { errorReason: string }) => error.errorReason,
      );
    for (const method of ['nothing', 'constructor', '__proto__', 'toString', '']) {
      expect(await refusal(method, {})).toStartWith('unknown_method: ');
    }
    expect(await refusal('createEndpoint', { roomId: 'r' })).toStartWith(
      'invalid_params: createEndpoint: peerId',
    );
    expect(await refusal('createEndpoint', { roomId: 'r', peerId: 'p', more: 1 })).toStartWith(
      'invalid_params: ',
    );
    expect(await refusal('subscribe', { types: ['nonsense'] })).toStartWith(
      'invalid_params: subscribe: types.0',
    );
    expect(await refusal('subscribe', [])).toStartWith('invalid_params: ');
  });
});

test('a flood is cut off, and nobody else waits for it', async () => {
  await using server = await startServer();
  const flooding = await TestController.connect(server);
  const other = await TestController.connect(server);
  for (let count = 0; count < 5000; count += 1) {
    if (flooding.client.socket.readyState !== WebSocket.OPEN) break;
    flooding.client.sendFrame({ request: true, id: count, method: 'listSessions', data: {} });
  }
  expect((await flooding.client.closed).code).toBe(1008);
  expect(await other.codeOf('listSessions', {})).toBe('done');
});

test('a program does what its scopes allow and nothing else', async () => {
  await using server = await startServer(withKeys);
  const reader = await TestController.connect(server, { token: await apiKey(['read']) });
  const ref = { roomId: 'hall', peerId: 'telephone' };
  expect(await reader.codeOf('listSessions', {})).toBe('done');
  expect(await reader.codeOf('createEndpoint', ref)).toBe('forbidden');
  expect(await reader.codeOf('createSession', {})).toBe('forbidden');
  expect(await reader.codeOf('createRoom', { roomId: 'hall' })).toBe('forbidden');
  const all = await TestController.connect(server, { token: await apiKey() });
  expect(await all.codeOf('createEndpoint', ref)).toBe('done');
  expect(await all.codeOf('removePeer', ref)).toBe('done');
  expect(await all.client.waitFor('endpointClosed')).toMatchObject({ reason: 'removed' });
});

test('an endpoint has no more transports than a peer may have, and none for a room that it left', async () => {
  await using server = await startServer({ TUREEN_MAX_TRANSPORTS_PER_PEER: '2' });
  const controller = await TestController.connect(server);
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await controller.ask('createEndpoint', ref);
  const opening = [1, 2, 3].map(() => controller.codeOf('openPlainTransport', ref));
  expect(await Promise.all(opening)).toEqual(['done', 'done', 'limit_reached']);
  const late = [controller.codeOf('closeEndpoint', ref), controller.codeOf('openPlainTransport', ref)];
  expect(await Promise.all(late)).toEqual(['done', 'not_found']);
});

test('when the media worker dies the endpoint stays, its controller is told, and opens its transports anew', async () => {
  await using server = await startServer();
  const controller = await TestController.connect(server);
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await controller.ask('createEndpoint', ref);
  await controller.ask('openPlainTransport', ref);
  killWorker(server);
  expect(await controller.client.waitFor('mediaLost')).toEqual({ ...ref, reason: 'worker_died' });
  expect((await controller.ask('getEndpoint', ref)).transports).toEqual([]);
  expect(await controller.codeOf('openPlainTransport', ref)).toBe('done');
});

test('when the server ends controllers are told to connect elsewhere', async () => {
  const server = await startServer();
  const controller = await TestController.connect(server);
  await server.stop();
  expect(await controller.client.closed).toMatchObject({ code: 1012 });
});
