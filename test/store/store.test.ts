import { Database } from 'bun:sqlite';
import { afterAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import { migrate } from '../../src/store/database.ts';
import { sessionLimits } from '../../src/store/login-sessions.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';

const folder = await mkdtemp(join(tmpdir(), 'tureen-store-'));
afterAll(() => rm(folder, { recursive: true }));

const by = { kind: 'admin', id: 'root' };

/** A store in memory whose clock stands until it is moved. */
function standing() {
  const clock = { time: 1_700_000_000_000 };
  return { clock, store: new Store({ log: silentLogger, now: () => clock.time }) };
}

test('users, bans and the audit log are there after a restart, and passwords are in no file', async () => {
  const place = join(folder, 'restart');
  const first = new Store({ folder: place, log: silentLogger });
  first.users.put({
    name: 'root',
    passwordHash: await hashPassword('open sesame now'),
    role: 'admin',
    origin: 'page',
  });
  const entrant = { roomId: 'r', subject: 'mallory', address: '192.0.2.1' };
  first.bans.add({ kind: 'identity', value: 'mallory', roomId: null, reason: 'spam', by, expiresAt: null });
  first.bans.voidTokens({ roomId: 'r', subject: 'bob', issuedAt: 0 });
  first.audit.record({ by, action: 'peer.ban', roomId: 'r', peerId: 'mallory', reason: 'spam' });
  const secret = first.sessions.open({ userId: 1, address: '', agent: '' });
  first.close();

  const second = new Store({ folder: place, log: silentLogger });
  expect((await second.users.check('ROOT', 'open sesame now'))?.role).toBe('admin');
  expect(await second.users.check('root', 'wrong')).toBeUndefined();
  expect(await second.users.check('nobody', 'open sesame now')).toBeUndefined();
  expect(second.bans.findActive(entrant)?.reason).toBe('spam');
  expect(second.bans.isVoid({ ...entrant, subject: 'bob', issuedAt: Date.now() - 60_000 })).toBe(true);
  expect(second.audit.search({ limit: 10 })).toMatchObject([{ action: 'peer.ban', result: 'done' }]);
  expect(second.sessions.find(secret)?.userId).toBe(1);
  second.close();

  const file = await readFile(join(place, 'tureen.sqlite'), 'latin1');
  expect(file).not.toContain('open sesame now');
  expect(file).not.toContain(secret);
  expect((await stat(place)).mode & 0o077).toBe(0);
});

test('without a folder everything is in memory, and the log says so', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', write: (line) => void lines.push(line) });
  const store = new Store({ log });
  expect(store.volatile).toBe(true);
  expect(lines.join()).toContain('TUREEN_DATA_DIR');
  store.close();
});

test('a folder that cannot be written is refused with what to do', () => {
  expect(() => new Store({ folder: '/proc/nowhere', log: silentLogger })).toThrow(
    /TUREEN_DATA_DIR: cannot open/,
  );
});

test('nobody but the server reads the database, also in a folder that was there before', async () => {
  const place = join(folder, 'open to all');
  await mkdir(place, { mode: 0o755 });
  const store = new Store({ folder: place, log: silentLogger });
  store.audit.record({ by, action: 'notice', roomId: 'room' });
  const names = await readdir(place);
  expect(names).toContain('tureen.sqlite-wal');
  for (const name of names) expect((await stat(join(place, name))).mode & 0o777).toBe(0o600);
  store.close();
});

test('migrations bring an old database to the newest schema step by step, and a newer one is refused', () => {
  const database = new Database(':memory:');
  migrate(database, migrations.slice(0, 1));
  database.run("INSERT INTO users (name, role, origin, created_at) VALUES ('kept', 'viewer', 'page', 1)");
  migrate(database);
  migrate(database);
  expect(database.query('SELECT name FROM users').values()).toEqual([['kept']]);
  expect(database.query('PRAGMA user_version').values()).toEqual([[migrations.length]]);
  database.run(`PRAGMA user_version = ${migrations.length + 1}`);
  expect(() => migrate(database)).toThrow(/a newer server wrote it/);
});

test('a migration that fails leaves the database as it was', () => {
  const database = new Database(':memory:');
  expect(() => migrate(database, ['CREATE TABLE a (b); CREATE TABLE a (b);'])).toThrow();
  expect(database.query("SELECT name FROM sqlite_master WHERE name = 'a'").values()).toEqual([]);
});

test('the audit log cannot be changed or shortened, not even by SQL', () => {
  const database = new Database(':memory:');
  migrate(database);
  database.run(
    "INSERT INTO audit (time, actor_kind, actor_id, address, action, details, reason) VALUES (1, 'a', 'b', '', 'c', '{}', '')",
  );
  expect(() => database.run("UPDATE audit SET reason = 'other'")).toThrow(/append only/);
  expect(() => database.run('DELETE FROM audit')).toThrow(/append only/);
});

test('old entries are deleted after their days, the log says so, and what is younger stays out of reach', () => {
  const place = join(folder, 'retention');
  const clock = { time: 1_700_000_000_000 };
  const day = 86_400_000;
  const open = (auditDays?: number) =>
    new Store({ folder: place, log: silentLogger, now: () => clock.time, auditDays });
  const first = open();
  first.audit.record({ by, action: 'room.lock', roomId: 'old' });
  clock.time += 5 * day;
  first.audit.record({ by, action: 'room.lock', roomId: 'young' });
  first.close();
  clock.time += 5 * day;
  const kept = open();
  expect(kept.audit.search({ limit: 9 })).toHaveLength(2);
  expect(kept.audit.completeSince).toBeNull();
  kept.close();

  const second = open(7);
  expect(second.audit.search({ limit: 9 })).toMatchObject([
    { action: 'audit.shorten', by: { kind: 'server' }, details: { entries: 1 }, result: 'done' },
    { roomId: 'young', result: 'done' },
  ]);
  expect(second.audit.completeSince).toBe(clock.time - 7 * day);
  second.close();
  const database = new Database(join(place, 'tureen.sqlite'));
  for (const statement of ['DELETE FROM audit', 'UPDATE audit SET reason = 1', 'DELETE FROM audit_horizon'])
    expect(() => database.run(statement)).toThrow(/audit log/);
  expect(() => database.run('UPDATE audit_horizon SET time = 0')).toThrow(/does not come back/);
  database.close();
});

test('an entry on its way is not deleted, however old it is', () => {
  const { clock, store } = standing();
  const id = store.audit.begin({ by, action: 'node.drain' });
  clock.time += 1_000_000;
  expect(store.audit.deleteBefore(clock.time)).toBe(0);
  store.audit.finish(id, 'done');
  expect(store.audit.deleteBefore(clock.time)).toBe(0);
  expect(store.audit.deleteBefore(clock.time + 1)).toBe(1);
});

test('an action that a crash interrupted is still in the log, and says so after the restart', () => {
  const place = join(folder, 'crash');
  const first = new Store({ folder: place, log: silentLogger });
  first.audit.begin({ by, action: 'room.close', roomId: 'r', reason: 'noise' });
  // A crash closes nothing: the second one opens the file while the first still has it.
  const second = new Store({ folder: place, log: silentLogger });
  const [entry] = second.audit.search({ limit: 1 });
  expect(entry?.result).toMatch(/^interrupted/);
  first.close();
  second.close();
});

test('only the first result of an action counts', () => {
  const { store } = standing();
  const id = store.audit.begin({ by, action: 'room.lock' });
  store.audit.finish(id, 'done');
  store.audit.finish(id, 'failed: later');
  expect(store.audit.search({ limit: 1 })[0]?.result).toBe('done');
});

test('the log is searched in every field, page by page, and wildcards are letters', () => {
  const { store } = standing();
  for (let index = 0; index < 30; index += 1)
    store.audit.record({
      by,
      action: 'peer.remove',
      roomId: `room ${index}`,
      reason: index === 7 ? '100% rude' : '',
    });
  expect(store.audit.search({ text: '0% ru', limit: 50 })).toHaveLength(1);
  expect(store.audit.search({ text: '%', limit: 50 })).toHaveLength(1);
  expect(store.audit.search({ text: 'ROOM 1', limit: 50 })).toHaveLength(11);
  const [newest] = store.audit.search({ limit: 10 });
  const older = store.audit.search({ limit: 10, before: (newest?.id ?? 0) - 18 });
  expect(older[0]?.roomId).toBe('room 19');
});

test('the whole log comes out as one JSON object a line, the oldest first', () => {
  const { store } = standing();
  for (let index = 0; index < 1200; index += 1)
    store.audit.record({ by, action: 'notice', roomId: String(index) });
  const lines = [...store.audit.lines()].join('').trimEnd().split('\n');
  expect(lines).toHaveLength(1200);
  expect(JSON.parse(lines[1199] ?? '')).toMatchObject({ roomId: '1199', result: 'done', by });
});

test('a ban holds in its room or everywhere, for its time, until it is lifted', () => {
  const { clock, store } = standing();
  const entrant = { roomId: 'a', subject: 'p', tokenId: 't', address: '192.0.2.1' };
  const ban = { reason: '', by, expiresAt: null } as const;
  expect(store.bans.findActive(entrant)).toBeUndefined();
  store.bans.add({ ...ban, kind: 'identity', value: 'p', roomId: 'b' });
  expect(store.bans.findActive(entrant)).toBeUndefined();
  const byToken = store.bans.add({ ...ban, kind: 'token', value: 't', roomId: 'a' });
  expect(store.bans.findActive(entrant)?.kind).toBe('token');
  expect(store.bans.findActive({ ...entrant, tokenId: undefined })).toBeUndefined();
  expect(store.bans.lift(byToken.id)).toBe(true);
  expect(store.bans.lift(byToken.id)).toBe(false);
  store.bans.add({ ...ban, kind: 'address', value: '192.0.2.1', roomId: null, expiresAt: clock.time + 1000 });
  expect(store.bans.findActive({ ...entrant, subject: 'other' })?.kind).toBe('address');
  clock.time += 1000;
  expect(store.bans.findActive(entrant)).toBeUndefined();
  expect(store.bans.list({ limit: 10 })).toHaveLength(3);
  expect(store.bans.list({ limit: 10, onlyActive: true })).toHaveLength(1);
});

test('tokens from before a removal are void, later ones are good, and one without a date counts as before', () => {
  const { clock, store } = standing();
  const entrant = { roomId: 'a', subject: 'p', address: '' };
  store.bans.voidTokens({ roomId: 'a', subject: 'p', issuedAt: 0 });
  expect(store.bans.isVoid({ ...entrant, issuedAt: clock.time })).toBe(true);
  expect(store.bans.isVoid(entrant)).toBe(true);
  expect(store.bans.isVoid({ ...entrant, issuedAt: clock.time + 1 })).toBe(false);
  expect(store.bans.isVoid({ ...entrant, roomId: 'other', issuedAt: 1 })).toBe(false);
});

test('a removal voids the token that it was about, also when the clock that issued it is ahead', () => {
  const { clock, store } = standing();
  const issuedAt = clock.time + 50_000;
  store.bans.voidTokens({ roomId: 'a', subject: 'p', issuedAt });
  expect(store.bans.isVoid({ roomId: 'a', subject: 'p', address: '', issuedAt })).toBe(true);
  expect(store.bans.isVoid({ roomId: 'a', subject: 'p', address: '', issuedAt: issuedAt + 1 })).toBe(false);
});

test('a session ends when it is idle, when it is old, and with its user', () => {
  const { clock, store } = standing();
  const user = store.users.put({ name: 'u', passwordHash: null, role: 'viewer', origin: 'page' });
  const open = () => store.sessions.open({ userId: user.id, address: '', agent: '' });
  const idle = open();
  clock.time += sessionLimits.idleMs + 1;
  expect(store.sessions.find(idle)).toBeUndefined();
  const old = open();
  for (let passed = 0; passed <= sessionLimits.maxAgeMs; passed += sessionLimits.idleMs) {
    expect(store.sessions.find(old)?.userId).toBe(user.id);
    clock.time += sessionLimits.idleMs;
  }
  expect(store.sessions.find(old)).toBeUndefined();
  const last = open();
  store.users.remove(user.id);
  expect(store.sessions.find(last)).toBeUndefined();
});

test('an API key is known by its secret, of which only a hash is kept, until it is revoked', () => {
  const { store } = standing();
  const secret = store.apiKeys.create('robot', 'moderator');
  expect(store.apiKeys.find(secret)).toMatchObject({ name: 'robot', role: 'moderator' });
  expect(store.apiKeys.find(`${secret}x`)).toBeUndefined();
  store.apiKeys.revoke(store.apiKeys.list()[0]?.id ?? 0);
  expect(store.apiKeys.find(secret)).toBeUndefined();
});

test('a ban of an address holds for it in every spelling, and for a network', () => {
  const { store } = standing();
  const ban = { kind: 'address', roomId: null, reason: '', by, expiresAt: null } as const;
  const entrant = { roomId: 'a', subject: 'p' };
  const isOut = (address: string) => store.bans.findActive({ ...entrant, address }) !== undefined;
  expect(store.bans.add({ ...ban, value: ' ::ffff:198.51.100.8 ' }).value).toBe('198.51.100.8');
  expect(isOut('198.51.100.8')).toBe(true);
  expect(isOut('198.51.100.9')).toBe(false);
  store.bans.add({ ...ban, value: '203.0.113.77/24' });
  expect(isOut('203.0.113.200')).toBe(true);
  expect(store.bans.add({ ...ban, value: '2001:DB8:0:0::2' }).value).toBe('2001:db8::/64');
  expect(isOut('2001:db8::ffff:1')).toBe(true);
  expect(isOut('2001:db8:0:1::2')).toBe(false);
  for (const value of ['not an ip', '198.51.100.0/40', ''])
    expect(() => store.bans.add({ ...ban, value })).toThrow('an IP address or a range such as');
});

test('an installation keeps its id, and knows the life before the one that begins', () => {
  const place = join(folder, 'installation');
  const lives = ['one', 'two'].map((life) => {
    const store = new Store({ folder: place, log: silentLogger });
    const beginning = store.installation.begin(life);
    store.close();
    return beginning;
  });
  expect(lives.map(({ formerLife }) => formerLife)).toEqual([null, 'one']);
  expect(lives[0]?.installation).toMatch(/^[0-9a-f]{32}$/);
  expect(lives[1]?.installation).toBe(lives[0]?.installation ?? '');
  const other = new Store({ folder: join(folder, 'another installation'), log: silentLogger });
  expect(other.installation.begin('one').installation).not.toBe(lives[0]?.installation ?? '');
  other.close();
});

test('bans of before ids were UUIDs keep their order, are found by their numbers, and are told to a mesh', () => {
  const database = new Database(':memory:', { strict: true });
  migrate(database, migrations.slice(0, 5));
  const add = database.query(
    `INSERT INTO bans (id, kind, value, room_id, reason, by_kind, by_id, created_at) VALUES (?, 'identity', ?, NULL, '', 'admin', 'ada', ?)`,
  );
  for (const [id, value, at] of [
    [11, 'first', 5000],
    [12, 'second', 5000],
    [13, 'third', 9_000_000_000_000],
  ] as const)
    add.run(id, value, at);
  database.run(`INSERT INTO removals VALUES ('room', 'eve', 7)`);
  database.run(
    `INSERT INTO users VALUES (1, 'Anna', 'x', 'admin', 'page', 1), (2, 'root', 'x', 'admin', 'configuration', 1)`,
  );
  database.run(`INSERT INTO api_keys VALUES (1, 'backend', 'hash', 'admin', 1, NULL)`);
  migrate(database);
  const bans = database
    .query<{ id: string; value: string; number: number }, []>(
      'SELECT id, value, number FROM bans ORDER BY id',
    )
    .all();
  expect(bans.map(({ value, number }) => `${number} ${value}`)).toEqual([
    '11 first',
    '12 second',
    '13 third',
  ]);
  for (const { id } of bans)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const waiting = database.query<{ fact: string }, []>(
    `SELECT kind || ' ' || name || ' ' || scope AS fact FROM fact_outbox JOIN facts USING (kind, name, scope) ORDER BY fact`,
  );
  expect(waiting.all().map(({ fact }) => fact)).toEqual([
    ...bans.map(({ id }) => `ban ${id} `),
    ...['key backend ', 'removal eve room', 'user anna '],
  ]);
  database.close();
});
