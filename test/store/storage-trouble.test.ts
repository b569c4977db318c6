import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../src/core/log.ts';
import { Connection } from '../../src/store/connection.ts';
import { migrate } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { mayMount, SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const by = { kind: 'admin', id: 'root' };
const ban = { kind: 'identity', roomId: null, reason: '', by, expiresAt: null } as const;
const entrant = { roomId: 'room', subject: 'mallory', address: '' };

/** What is thrown, or undefined. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A store in a folder of its own, with its log. */
async function storeInFolder(parent = tmpdir()) {
  const folder = await mkdtemp(join(parent, 'tureen-trouble-'));
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const open = () => new Store({ folder, log });
  const store = open();
  const file = join(folder, 'tureen.sqlite');
  const logged = (message: string) => lines.filter((line) => line.includes(message)).length;
  const end = async () => {
    store.close();
    // A disk of its own goes as a whole.
    if (parent === tmpdir()) await rm(folder, { recursive: true, force: true });
  };
  return { store, folder, file, open, logged, [Symbol.asyncDispose]: end };
}

/** Another program that has the database locked. */
function lock(file: string) {
  const other = new Database(file);
  other.run('BEGIN IMMEDIATE');
  return () => {
    other.run('ROLLBACK');
    other.close();
  };
}

test('a write to a database that another program holds is refused with when to come back, and once only waits', () => {
  const database = new Database(':memory:', { strict: true });
  migrate(database);
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const connection = new Connection(database, { log });
  const timeout = () => database.query<{ timeout: number }, []>('PRAGMA busy_timeout').get()?.timeout;
  expect(timeout()).toBe(25);
  const busy = () => {
    throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });
  };
  expect(thrownBy(() => connection.transaction(busy))).toMatchObject({
    code: 'storage_busy',
    status: 503,
    retryAfterSeconds: 1,
  });
  expect(timeout()).toBe(0);
  expect(thrownBy(() => connection.transaction(busy))).toMatchObject({ code: 'storage_busy' });
  expect(lines.filter((line) => line.includes('the database cannot be written'))).toHaveLength(1);
  connection.close();
});

test('while the database is locked reads work, nothing of what was done is lost, and it goes on by itself', async () => {
  await using place = await storeInFolder();
  const { store, file, logged } = place;
  store.bans.add({ ...ban, value: 'mallory' });
  const unlock = lock(file);
  expect(store.bans.findActive(entrant)?.value).toBe('mallory');
  expect(thrownBy(() => store.bans.add({ ...ban, value: 'eve' }))).toMatchObject({ code: 'storage_busy' });
  expect(thrownBy(() => store.audit.record({ by, action: 'token.mint' }))).toMatchObject({
    code: 'storage_busy',
  });
  store.audit.note({ by, action: 'peer.remove' }, { result: 'done' });
  store.bans.voidTokensUnstored({ roomId: 'room', subject: 'bob', issuedAt: 1 });
  expect(store.bans.isVoid({ ...entrant, subject: 'bob', issuedAt: 1 })).toBe(true);
  // A lock of a moment sends no calls elsewhere; one that stays does.
  expect(store.unreadyReasons).toEqual([]);
  await until(() => store.unreadyReasons.join().includes('another program holds the database locked'));
  unlock();
  await until(() => store.unreadyReasons.length === 0);
  await until(() => store.audit.search({ limit: 9 }).length === 1);
  expect(logged('the database can be written again')).toBe(1);
  const second = place.open();
  expect(second.bans.isVoid({ ...entrant, subject: 'bob', issuedAt: 1 })).toBe(true);
  second.close();
});

test('a folder that was deleted takes no bans, makes the node unready, and says so once', async () => {
  await using place = await storeInFolder();
  const { store, folder, logged } = place;
  store.bans.add({ ...ban, value: 'mallory' });
  await rm(folder, { recursive: true });
  expect(thrownBy(() => store.bans.add({ ...ban, value: 'eve' }))).toMatchObject({
    code: 'storage_unavailable',
    status: 507,
  });
  expect(store.bans.findActive(entrant)?.value).toBe('mallory');
  expect(store.unreadyReasons.join()).toContain('not in TUREEN_DATA_DIR any more');
  expect(logged('the database cannot be written')).toBe(1);
});

test.each(['tureen.sqlite', 'tureen.sqlite-wal'])(
  'that %s was replaced is noticed without a write, and so is that it came back',
  async (name) => {
    await using place = await storeInFolder();
    const { store, folder } = place;
    await rename(join(folder, name), join(folder, 'away'));
    await writeFile(join(folder, name), '');
    await until(() => store.unreadyReasons.length === 1);
    expect(thrownBy(() => store.bans.add({ ...ban, value: 'eve' }))).toMatchObject({ status: 507 });
    await rename(join(folder, 'away'), join(folder, name));
    await until(() => store.unreadyReasons.length === 0);
    store.bans.add({ ...ban, value: 'eve' });
  },
);

test('a session of the dashboard can be opened, used and ended while nothing can be written', async () => {
  await using place = await storeInFolder();
  const { store, file } = place;
  const user = store.users.put({ name: 'u', passwordHash: null, role: 'moderator', origin: 'page' });
  const before = store.sessions.open({ userId: user.id, address: '', agent: '' });
  const key = store.apiKeys.create('robot', 'moderator');
  const unlock = lock(file);
  const secret = store.sessions.open({ userId: user.id, address: '192.0.2.1', agent: 'a' });
  const session = store.sessions.find(secret);
  expect(session).toMatchObject({ userId: user.id, address: '192.0.2.1' });
  expect(store.sessions.isOpen(session?.id ?? 0)).toBe(true);
  expect(store.sessions.list()).toHaveLength(2);
  expect(store.apiKeys.find(key)?.name).toBe('robot');
  store.sessions.close(session?.id ?? 0);
  expect(store.sessions.find(secret)).toBeUndefined();
  store.sessions.close(store.sessions.find(before)?.id ?? 0);
  expect(store.sessions.find(before)).toBeUndefined();
  expect(store.sessions.list()).toEqual([]);
  unlock();
  await until(() => store.state.waiting === 0);
  const second = place.open();
  expect(second.sessions.find(before)).toBeUndefined();
  second.close();
});

test('entries beyond what fits into memory are counted, and what waited is told at the stop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-trouble-'));
  const lines: string[] = [];
  const log = createLogger({ level: 'error', write: (line) => void lines.push(line) });
  const store = new Store({ folder, log });
  await rm(folder, { recursive: true });
  for (let count = 0; count < 20_003; count += 1) store.audit.note({ by, action: 'login' }, { result: 'no' });
  expect(store.state).toMatchObject({ writable: false, waiting: 20_000, lost: 3 });
  store.close();
  expect(lines.join()).toContain('could not be written before the stop and are lost');
});

test('a disk that does not confirm a write ends the wait, and the node is unready until it does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-trouble-'));
  const clock = new TestClock();
  const store = new Store({ folder, log: createLogger({ level: 'error', write: () => {} }), clock });
  store.bans.add({ ...ban, value: 'mallory' });
  const synced = store.synced();
  // Within this turn no disk can have answered.
  clock.advance(5000);
  await expect(synced).rejects.toMatchObject({ code: 'storage_unavailable' });
  await until(() => store.unreadyReasons.length === 0);
  await store.synced();
  store.close();
  await rm(folder, { recursive: true });
});

test.skipIf(!mayMount)('a full disk refuses what cannot be stored and keeps what was done', async () => {
  await using disk = await SmallDisk.inMemory();
  await using place = await storeInFolder(disk.folder);
  const { store, logged } = place;
  store.bans.add({ ...ban, value: 'mallory' });
  await store.synced();
  disk.fill();
  const add = () => store.bans.add({ ...ban, value: 'eve', reason: 'x'.repeat(10_000) });
  expect(thrownBy(add)).toMatchObject({ code: 'storage_unavailable', status: 507 });
  expect(store.unreadyReasons.join()).toContain('is full; free some space');
  store.audit.note({ by, action: 'peer.remove', reason: 'x'.repeat(10_000) }, { result: 'done' });
  expect(store.state.waiting).toBe(1);
  expect(store.bans.findActive(entrant)?.value).toBe('mallory');
  disk.makeRoom();
  await until(() => store.unreadyReasons.length === 0 && store.state.waiting === 0);
  expect(store.audit.search({ limit: 9 })).toMatchObject([{ action: 'peer.remove', result: 'done' }]);
  expect(logged('the database can be written again')).toBeGreaterThan(0);
  add();
});

test.skipIf(!mayMount)('a disk that has become read-only is named as that', async () => {
  await using disk = await SmallDisk.thatFails();
  await using place = await storeInFolder(disk.folder);
  const { store } = place;
  store.bans.add({ ...ban, value: 'mallory' });
  disk.becomeReadOnly();
  expect(thrownBy(() => store.bans.add({ ...ban, value: 'eve' }))).toMatchObject({ status: 507 });
  expect(store.bans.findActive(entrant)?.value).toBe('mallory');
  expect(store.unreadyReasons.join()).toContain('is read-only; make it writable');
});
