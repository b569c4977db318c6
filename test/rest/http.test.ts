import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { IdempotentResponses } from '../../src/rest/idempotency.ts';
import { TestClock } from '../support/clock.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { createWorld } from '../support/world.ts';
import { type ApiAnswer, Caller, rawGet } from './support.ts';

setDefaultTimeout(60_000);

let server: Server;
let caller: Caller;
beforeAll(async () => {
  server = await startServer(withKeys);
  caller = new Caller(server, await apiKey());
});
afterAll(() => server.stop());

const itemsOf = ({ json = {} }: ApiAnswer) => json.items as Readonly<Record<string, unknown>>[];
const told = ({ status, json }: ApiAnswer) => [status, json?.code];

test('an address that is not there and a verb that it does not have are told apart', async () => {
  expect(told(await caller.get('/kitchen'))).toEqual([404, 'not_found']);
  const wrong = await caller.call('/rooms', { method: 'PATCH', body: {} });
  expect(told(wrong)).toEqual([405, 'method_not_allowed']);
  expect(wrong.headers.get('allow')).toBe('POST, GET, OPTIONS');
  const options = await caller.call('/rooms/x', { method: 'OPTIONS' });
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, PATCH, DELETE, OPTIONS']);
  expect(options.headers.get('access-control-allow-origin')).toBeNull();
});

test('a body is JSON, an object, not too large and not too deep, whatever it says of itself', async () => {
  const post = (body: string, headers = {}) => caller.post('/rooms', body, headers);
  expect(told(await post('{"roomId":'))).toEqual([400, 'invalid_message']);
  expect(told(await post('[1]'))).toEqual([400, 'invalid_message']);
  expect(told(await post(`{"roomId":"${'x'.repeat(70_000)}"}`))).toEqual([413, 'too_large']);
  const deep = `{"roomId":"deep","options":{"metadata":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}}`;
  expect(told(await post(deep))).toEqual([400, 'invalid_message']);
  expect(told(await post('{"roomId":"x"}', { 'content-type': 'text/plain' }))).toEqual([
    415,
    'unsupported_media_type',
  ]);
  expect(told(await post('{"roomId":"x\\ud800"}'))).toEqual([400, 'invalid_params']);
  expect(told(await caller.call('/rooms', { method: 'POST' }))).toEqual([400, 'invalid_params']);
});

test('a body without an end is cut off at the limit', async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    async pull(controller) {
      sent += 16_384;
      if (sent > 10_000_000) controller.close();
      else controller.enqueue(new Uint8Array(16_384).fill(32));
    },
  });
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await apiKey()}`, 'content-type': 'application/json' },
    body: endless,
  });
  expect(answer.status).toBe(413);
});

test('what is not UTF-8 is refused, and keys that reach a prototype are dropped', async () => {
  const broken = await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await apiKey()}`, 'content-type': 'application/json' },
    body: new Uint8Array([0x7b, 0xff, 0x7d]),
  });
  expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'invalid_message']);
  const odd = await caller.post('/rooms', '{"roomId":"proto","__proto__":{"options":{"maxPeers":1}}}');
  expect([odd.status, odd.json?.options]).toEqual([201, {}]);
});

test('a param stands where it belongs and only once', async () => {
  await caller.post('/rooms', { roomId: 'place' });
  const details = async (answer: Promise<ApiAnswer>) => String((await answer).json?.detail);
  expect(await details(caller.call('/rooms/place?locked=true', { method: 'PATCH', body: {} }))).toContain(
    'must be in the JSON body',
  );
  expect(
    await details(caller.call('/rooms/place', { method: 'PATCH', body: { roomId: 'other' } })),
  ).toContain('roomId: is in the path already');
  expect(await details(caller.get('/rooms?limit=1&limit=2'))).toContain('must have one value');
  expect(await details(caller.get('/rooms?limit=many'))).toContain('listRooms: limit: expected integer');
  expect(await details(caller.get('/rooms?__proto__=x'))).toContain('__proto__');
  expect(await details(caller.get('/rooms?constructor=x'))).toContain('constructor');
});

test('ids of any letters work in a path, and broken escapes do no harm', async () => {
  const roomId = 'a/b ü?#%';
  const made = await caller.post('/rooms', { roomId });
  expect(made.headers.get('location')).toBe(`/api/v1/rooms/${encodeURIComponent(roomId)}`);
  expect((await caller.get(`/rooms/${encodeURIComponent(roomId)}`)).json?.id).toBe(roomId);
  // fetch would repair such addresses.
  for (const path of [
    '/api/v1/rooms/%E0%A4%A',
    '/api/v1/rooms/%',
    '/api/v1/rooms/%00',
    '/api/v1/bans/%31%',
  ]) {
    const text = await rawGet(server, path);
    expect(text, path).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text, path).not.toContain('internal');
  }
});

test('HEAD answers as GET without a body', async () => {
  const head = await caller.call('/node', { method: 'HEAD' });
  expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'application/json']);
});

test('answers are kept by nobody, and say nothing that a browser could misread', async () => {
  for (const { headers } of [await caller.get('/rooms'), await caller.get('/rooms/none')]) {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('a list comes in pages, and what comes and goes between them shifts nothing', async () => {
  await using own = await startServer(withKeys);
  const reader = new Caller(own, await apiKey());
  for (const name of ['c', 'a', 'e', 'b', 'd']) await reader.post('/rooms', { roomId: name });
  const ids = (answer: ApiAnswer) => itemsOf(answer).map(({ id }) => id);
  const first = await reader.get('/rooms?limit=2');
  expect(ids(first)).toEqual(['a', 'b']);
  await reader.call('/rooms/b', { method: 'DELETE' });
  await reader.post('/rooms', { roomId: 'aa' });
  const second = await reader.get(`/rooms?limit=2&cursor=${first.json?.nextCursor}`);
  expect(ids(second)).toEqual(['c', 'd']);
  const third = await reader.get(`/rooms?limit=2&cursor=${second.json?.nextCursor}`);
  expect([ids(third), third.json?.nextCursor]).toEqual([['e'], null]);
  for (const value of ['1', '2', '3']) await reader.post('/bans', { kind: 'identity', value });
  const newest = await reader.get('/bans?limit=2');
  const values = (answer: ApiAnswer) => itemsOf(answer).map(({ value }) => value);
  expect(values(newest)).toEqual(['3', '2']);
  expect(values(await reader.get(`/bans?limit=2&cursor=${newest.json?.nextCursor}`))).toEqual(['1']);
  for (const path of ['/rooms', '/bans', '/audit'])
    expect(told(await reader.get(`${path}?cursor=!made*up`)), path).toEqual([400, 'invalid_params']);
  expect(told(await reader.get('/bans?cursor=YWJj'))).toEqual([400, 'invalid_params']);
});

test('a creation that is sent again creates nothing twice, also when it is sent at the same time', async () => {
  const key = { 'idempotency-key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
  const ban = { kind: 'identity', value: 'twice', reason: 'once' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => caller.post('/bans', ban, key)));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
  expect(replayed.length).toBe(3);
  expect(server.store.bans.list({ text: 'twice', limit: 10 }).length).toBe(1);
  const other = await caller.post('/bans', { ...ban, value: 'other' }, key);
  expect(told(other)).toEqual([422, 'idempotency_mismatch']);
  const program = new Caller(server, await apiKey(undefined, 'another program'));
  expect((await program.post('/bans', { ...ban, value: 'other' }, key)).status).toBe(201);
  expect(told(await caller.post('/bans', ban, { 'idempotency-key': '' }))).toEqual([400, 'invalid_params']);
});

test('a creation that failed may be sent again with its key', async () => {
  const key = { 'idempotency-key': 'k' };
  expect((await caller.post('/rooms', { roomId: 'taken' })).status).toBe(201);
  expect(told(await caller.post('/rooms', { roomId: 'taken' }, key))).toEqual([409, 'wrong_state']);
  await caller.call('/rooms/taken', { method: 'DELETE' });
  expect((await caller.post('/rooms', { roomId: 'taken' }, key)).status).toBe(201);
});

test('keys of a day ago are forgotten, and of very many the oldest', async () => {
  const clock = new TestClock();
  const answers = new IdempotentResponses(clock);
  let runs = 0;
  const send = async (key: string) => {
    const run = async () => {
      runs += 1;
      return { status: 201, headers: {}, body: String(runs) };
    };
    return (await answers.once({ caller: 'program', key, fingerprint: 'same' }, run)).body;
  };
  expect([await send('first'), await send('first')]).toEqual(['1', '1']);
  clock.advance(24 * 3600 * 1000);
  expect(await send('first')).toBe('2');
  for (let count = 0; count < 1000; count += 1) await send(`key ${count}`);
  expect(await send('key 999')).toBe('1002');
  expect(await send('first')).toBe('1003');
});

test('of two who change the same version of a room one is told to look again', async () => {
  await caller.post('/rooms', { roomId: 'versions' });
  const etag = (await caller.get('/rooms/versions')).headers.get('etag') ?? '';
  const change = (maxPeers: number) =>
    caller.call('/rooms/versions', { method: 'PATCH', body: { maxPeers }, headers: { 'if-match': etag } });
  const answers = await Promise.all([change(5), change(6), change(7)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  const won = answers.find(({ status }) => status === 200);
  const now = await caller.get('/rooms/versions');
  expect(now.text).toBe(won?.text ?? '');
  expect(now.headers.get('etag')).toBe(won?.headers.get('etag') ?? '');
  const remove = (tag: string) =>
    caller.call('/rooms/versions', { method: 'DELETE', headers: { 'if-match': tag } });
  expect(told(await remove(etag))).toEqual([412, 'precondition_failed']);
  expect(told(await remove(`W/${now.headers.get('etag')}`))).toEqual([412, 'precondition_failed']);
  expect((await remove(`"other", ${now.headers.get('etag')}`)).status).toBe(204);
  expect(told(await remove('*'))).toEqual([404, 'not_found']);
});

test('what is known already is not sent again', async () => {
  await caller.post('/rooms', { roomId: 'known' });
  const { headers } = await caller.get('/rooms/known');
  const etag = headers.get('etag') ?? '';
  const again = await caller.get('/rooms/known', { 'if-none-match': `"x", W/${etag}` });
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
  await caller.call('/rooms/known', { method: 'PATCH', body: { metadata: { a: 1 } } });
  expect((await caller.get('/rooms/known', { 'if-none-match': etag })).status).toBe(200);
});

test('a change by null goes back to the setting, and a locked room stays as it is told', async () => {
  await caller.post('/rooms', { roomId: 'options', options: { maxPeers: 3, codecs: ['opus', 'VP8'] } });
  const patch = async (body: object) => (await caller.call('/rooms/options', { method: 'PATCH', body })).json;
  expect(await patch({ maxPeers: 4, locked: true, bitrateCap: 300_000 })).toMatchObject({
    options: { maxPeers: 4, codecs: ['opus', 'VP8'] },
    locked: true,
    bitrateCap: 300_000,
  });
  const back = await patch({ maxPeers: null, bitrateCap: null });
  expect([back?.options, back?.bitrateCap, back?.locked]).toEqual([{ codecs: ['opus', 'VP8'] }, null, true]);
  const room = server.sfu.room('options');
  expect(room.options.maxPeers).toBeUndefined();
});

test('too many requests of one program are refused for a moment, those of another are not', async () => {
  const clock = new TestClock();
  await using own = await startServer({ ...withKeys, TUREEN_API_REQUESTS_PER_SECOND: '2' }, { clock });
  const busy = new Caller(own, await apiKey());
  const answers = await Promise.all(Array.from({ length: 14 }, () => busy.get('/node')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBe(10);
  expect(refused.map(({ json, headers }) => [json?.code, headers.get('retry-after')])).toEqual(
    Array.from({ length: 4 }, () => ['flood', '1']),
  );
  expect((await new Caller(own, await apiKey(undefined, 'calm')).get('/node')).status).toBe(200);
  clock.advance(500);
  expect((await busy.get('/node')).status).toBe(200);
  expect((await busy.get('/node')).status).toBe(429);
});

test('a node that drains takes no rooms and says when to try again', async () => {
  await using world = await createWorld();
  const program = new Caller(world.server, await apiKey());
  const begun = await program.post('/node/drain', { seconds: 600 });
  expect([begun.status, begun.json?.ready]).toEqual([202, false]);
  const refused = await program.post('/rooms', { roomId: 'late' });
  expect([...told(refused), refused.headers.get('retry-after')]).toEqual([503, 'draining', '10']);
  const cancelled = await program.call('/node/drain', { method: 'DELETE' });
  expect([cancelled.status, cancelled.json?.ready, cancelled.json?.drainDeadline]).toEqual([200, true, null]);
  expect((await program.post('/rooms', { roomId: 'late' })).status).toBe(201);
});

test('a development server takes calls without a key, but not from pages of other sites', async () => {
  await using own = await startServer();
  const anybody = new Caller(own, undefined);
  expect((await anybody.post('/rooms', { roomId: 'open' })).status).toBe(201);
  expect(told(await anybody.get('/rooms', { origin: 'https://evil.example' }))).toEqual([403, 'forbidden']);
});

test('a key may come in the address, for scripts that cannot set a header', async () => {
  const stranger = new Caller(server, undefined);
  const key = await apiKey();
  expect((await stranger.get(`/rooms?token=${key}&limit=1`)).status).toBe(200);
  expect((await stranger.call(`/rooms/none?token=${key}`, { method: 'PATCH', body: {} })).json?.code).toBe(
    'not_found',
  );
});
