import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { password, startWithUsers, Visitor } from '../admin/support.ts';
import { TestController } from '../controllers/support.ts';
import { Caller } from '../rest/support.ts';
import { apiKey, logLines, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { mayMount, SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const unrecorded = 'it was done, but it is not in the audit log yet';

/** A server whose data is in this folder, with a moderator in a room and the ways in to it. */
async function serverIn(folder: string) {
  const server = await startWithUsers({ ...withKeys, TUREEN_DATA_DIR: folder });
  const token = await tokenFor('room', 'mod', { grants: { moderate: true } });
  const mod = await enter({ server, peerId: 'mod', token });
  const api = new Caller(server, await apiKey());
  const someone = async (peerId: string) =>
    await enter({ server, peerId, token: await tokenFor('room', peerId) });
  const ready = async () => await fetch(`http://127.0.0.1:${server.port}/readyz`);
  const isIn = (peerId: string) => server.sfu.read.peerIds('room').includes(peerId);
  return { server, mod: mod.client, api, someone, ready, isIn };
}

type Place = Awaited<ReturnType<typeof serverIn>>;

const addBan = (value: string) => ({ kind: 'identity', value, reason: 'x'.repeat(200) });

/** Nothing can be written: what protects people is done and warns, the rest is refused, whatever way it comes. */
async function expectProtection({ server, mod, api, someone, isIn }: Place, code: string): Promise<void> {
  for (const name of ['ann', 'ben', 'cat', 'dan']) await someone(name);
  const eve = await someone('eve');
  const { id: producerId } = await eve.client.request('produce', audioTrack(eve.sendTransport, 1000));

  expect(await mod.request('muteProducer', { peerId: 'eve', producerId })).toMatchObject({
    warning: expect.stringContaining(unrecorded),
  });
  expect(server.sfu.read.producer('room', producerId).pausedBy).toContain('moderator');
  // Not by `.rejects`: it runs the event loop within the callback of the socket, whose next frames are lost then (Bun 1.4.5).
  const allowing = mod.request('allowProducer', { peerId: 'eve', producerId });
  expect(await allowing.then(String, (error: Error) => error.message)).toContain(code);
  expect(await mod.request('removePeer', { peerId: 'ann' })).toMatchObject({
    warning: expect.stringContaining(unrecorded),
  });

  const removed = await api.call('/rooms/room/peers/ben', { method: 'DELETE' });
  expect(removed.status).toBe(204);
  expect(removed.headers.get('tureen-warning')).toContain(unrecorded);
  const refused = await api.post('/tokens', { roomId: 'room', peerId: 'new' });
  expect(refused.json).toMatchObject({ code, retryable: true });
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  // The removal is done; the ban is not, and the answer says both.
  const banned = await api.post('/rooms/room/peers/cat/ban', {
    where: 'room',
    kinds: ['identity'],
    seconds: null,
  });
  expect(banned.json).toMatchObject({ code, detail: expect.stringContaining('the peer was removed, but') });

  const controller = await TestController.connect(server, { token: await apiKey() });
  await controller.ask('changeRoom', { roomId: 'room', locked: true });
  expect(await controller.codeOf('changeRoom', { roomId: 'room', locked: false })).toBe(code);
  const replies = controller.client.frames.all as readonly { warning?: string }[];
  expect(replies.map(({ warning }) => warning).filter(Boolean)).toEqual([
    expect.stringContaining(unrecorded),
  ]);
  await controller.die();

  const visitor = Visitor.as(server, 'moderator');
  const body = { room: 'room', peer: 'dan', reason: '' };
  const toast = await (await visitor.post('/do/room/remove', body, { 'hx-request': 'true' })).text();
  expect(toast).toContain(`But ${unrecorded}`);

  for (const name of ['ann', 'ben', 'cat', 'dan']) expect(isIn(name)).toBe(false);
  // Their tokens are void although that is not stored.
  const back = await SignalingClient.connect({
    server,
    peerId: 'ann',
    token: await tokenFor('room', 'ann', { now: Date.now() - 5000 }),
  });
  expect((await back.closed).reason).toContain('removed');
}

/** Everything that was done while nothing could be written, as the audit log has it in the end. */
async function expectRecords({ server }: Place): Promise<void> {
  await until(() => server.store.state.waiting === 0, 'the records');
  const entries = server.store.audit
    .search({ limit: 50 })
    .map(({ action, peerId, result }) => ({ action, peerId, result }));
  for (const peerId of ['ann', 'ben', 'dan'])
    expect(entries).toContainEqual({ action: 'peer.remove', peerId, result: 'done' });
  expect(entries).toContainEqual({ action: 'producer.mute', peerId: 'eve', result: 'done' });
  expect(entries).toContainEqual({ action: 'room.lock', peerId: null, result: 'done' });
  expect(entries).toContainEqual({
    action: 'peer.ban',
    peerId: 'cat',
    result: expect.stringContaining('the ban is not stored'),
  });
  const { bans } = server.store;
  expect(bans.isVoid({ roomId: 'room', subject: 'ann', address: '', issuedAt: 1 })).toBe(true);
}

test.skipIf(!mayMount)(
  'a full data disk keeps nobody from being removed, and is forgiven when there is room again',
  async () => {
    await using disk = await SmallDisk.inMemory();
    const place = await serverIn(disk.folder);
    await using _server = place.server;
    for (let count = 0; count < 5; count += 1)
      expect((await place.api.post('/bans', addBan(`kept ${count}`))).status).toBe(201);
    disk.fill();
    // What is left within the last page of the journal is used up.
    await until(async () => (await place.api.post('/bans', addBan('kept not'))).status === 507);
    const unready = await place.ready();
    expect(unready.status).toBe(503);
    expect(await unready.text()).toContain('the data disk (TUREEN_DATA_DIR) is full; free some space on it');
    await expectProtection(place, 'storage_unavailable');
    expect((await fetch(`http://127.0.0.1:${place.server.port}/livez`)).status).toBe(200);

    disk.makeRoom();
    await until(async () => (await place.ready()).ok, 'readiness');
    await expectRecords(place);
    const kept = new Database(join(disk.folder, 'tureen.sqlite'), { readonly: true });
    expect(kept.query("SELECT count(*) AS n FROM bans WHERE value LIKE 'kept _'").get()).toEqual({ n: 5 });
    kept.close();
  },
);

test.skipIf(!mayMount)('a data disk that becomes read-only keeps nobody from being removed', async () => {
  await using disk = await SmallDisk.thatFails();
  const place = await serverIn(disk.folder);
  await using _server = place.server;
  disk.becomeReadOnly();
  expect((await place.api.post('/bans', addBan('not kept'))).json).toMatchObject({
    code: 'storage_unavailable',
  });
  expect(await (await place.ready()).text()).toContain('is read-only; make it writable');
  await expectProtection(place, 'storage_unavailable');
});

test('a database that another program has locked keeps nobody from being removed, and holds nobody up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-data-'));
  const place = await serverIn(folder);
  await using _server = place.server;
  const other = new Database(join(folder, 'tureen.sqlite'));
  other.run('BEGIN IMMEDIATE');
  const refused = await place.api.post('/bans', addBan('not kept'));
  expect(refused.json).toMatchObject({ code: 'storage_busy', status: 503 });
  expect(refused.headers.get('retry-after')).toBe('1');
  await expectProtection(place, 'storage_busy');
  await until(async () => (await place.ready()).status === 503, 'a lock that stays to be told');
  other.run('ROLLBACK');
  other.close();
  await until(async () => (await place.ready()).ok, 'readiness');
  await expectRecords(place);
  await rm(folder, { recursive: true });
});

test('a data folder that is deleted is noticed, and takes no more bans', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-data-'));
  const place = await serverIn(folder);
  await using _server = place.server;
  expect((await place.api.post('/bans', addBan('kept'))).status).toBe(201);
  await rm(folder, { recursive: true });
  await until(async () => (await place.ready()).status === 503, 'the missing folder to be told');
  expect(await (await place.ready()).text()).toContain('the database is not in TUREEN_DATA_DIR any more');
  expect(logLines.join()).toContain('the database cannot be written');
  expect((await place.api.post('/bans', addBan('lost'))).status).toBe(507);
  await expectProtection(place, 'storage_unavailable');
});

test('somebody who has to log in while nothing can be written is let in, and acts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-data-'));
  const place = await serverIn(folder);
  await using _server = place.server;
  await rm(folder, { recursive: true });
  const base = `http://127.0.0.1:${place.server.port}/admin`;
  const headers = { 'sec-fetch-site': 'same-origin' };
  const post = { method: 'POST', redirect: 'manual', headers } as const;
  const wrong = await fetch(`${base}/login`, {
    ...post,
    body: new URLSearchParams({ name: 'moderator', password: 'wrong' }),
  });
  expect(wrong.status).toBe(401);
  const right = await fetch(`${base}/login`, {
    ...post,
    body: new URLSearchParams({ name: 'moderator', password }),
  });
  expect(right.status).toBe(303);
  const cookie = right.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await fetch(`${base}/rooms`, { headers: { cookie }, redirect: 'manual' })).status).toBe(200);
});
