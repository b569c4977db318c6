import { Database } from 'bun:sqlite';
import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import { backUp, examine, restore } from '../../src/store/backup.ts';
import { databaseFile } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';

const root = await mkdtemp(join(tmpdir(), 'tureen-backup-'));
afterAll(() => rm(root, { recursive: true }));

const by = { kind: 'admin', id: 'root' };
const open = (folder: string) => new Store({ folder, log: silentLogger });
const ban = (store: Store, value: string) =>
  store.bans.add({ kind: 'identity', value, roomId: null, reason: 'spam', by, expiresAt: null });
const bannedIn = (store: Store) => store.bans.list({ limit: 100 }).map(({ value }) => value);

/** A folder with a database that has these bans, and is closed. */
function folderWith(name: string, ...values: string[]): string {
  const folder = join(root, name);
  using store = open(folder);
  for (const value of values) ban(store, value);
  return folder;
}

test('a backup of a running node has what is in the log of its database only, and nobody else reads it', async () => {
  const folder = join(root, 'running');
  const file = join(root, 'running.backup');
  using store = open(folder);
  for (let index = 0; index < 50; index += 1) ban(store, `person ${index}`);
  // A plain copy of the file has none of it: all of it waits in the write-ahead log.
  expect(backUp(folder, file)).toMatchObject({ bans: 50, users: 0 });
  ban(store, 'later');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(examine(file).bans).toBe(50);
  expect(bannedIn(store)).toHaveLength(51);
  expect((await readdir(root)).filter((name) => name.includes('.part'))).toEqual([]);
});

test('a node is brought back to a backup, and what it had is kept beside it', () => {
  const folder = folderWith('back', 'before');
  const file = join(root, 'back.backup');
  backUp(folder, file);
  using changed = open(folder);
  ban(changed, 'after');
  changed.close();
  const { contents, former = '' } = restore(folder, file);
  expect(contents.bans).toBe(1);
  using restored = open(folder);
  expect(bannedIn(restored)).toEqual(['before']);
  expect(examine(former).bans).toBe(2);
});

test('nothing is restored under a node that runs', () => {
  const folder = folderWith('busy', 'one');
  const file = join(root, 'busy.backup');
  backUp(folder, file);
  using running = open(folder);
  ban(running, 'two');
  expect(() => restore(folder, file)).toThrow(/another program has .*stop the server, then restore/);
  ban(running, 'three');
  expect(bannedIn(running).toSorted()).toEqual(['one', 'three', 'two']);
});

test('a damaged database is named at the start with what to do, and a backup takes its place', async () => {
  const folder = folderWith('damaged', 'one');
  const file = join(root, 'damaged.backup');
  backUp(folder, file);
  await writeFile(databaseFile(folder), 'this is no database, whatever its name is'.repeat(50));
  expect(() => open(folder)).toThrow(
    /^the database ".*tureen\.sqlite" is damaged .*tureen restore FILE.*start with an empty one/,
  );
  restore(folder, file);
  using store = open(folder);
  expect(bannedIn(store)).toEqual(['one']);
});

test('what is no whole backup is refused, and the database stays as it is', async () => {
  const folder = folderWith('whole', 'one');
  const at = (name: string) => join(root, name);
  await writeFile(at('text'), 'no database');
  new Database(at('other.sqlite')).run('CREATE TABLE users (id)');
  const newer = new Database(at('newer.sqlite'));
  for (const statement of ['CREATE TABLE users (id)', 'PRAGMA user_version = 9999']) newer.run(statement);
  newer.close();
  for (const [name, sentence] of [
    ['nowhere', /there is no file/],
    ['text', /is damaged or no database/],
    ['other.sqlite', /is no database of Tureen/],
    ['newer.sqlite', /a newer one wrote it/],
  ] as const)
    expect(() => restore(folder, at(name))).toThrow(sentence);
  expect(() => backUp(folder, at('text'))).toThrow(/is there already/);
  expect(() => backUp(at('empty'), at('b'))).toThrow(/no database in .*TUREEN_DATA_DIR/);
  using store = open(folder);
  expect(bannedIn(store)).toEqual(['one']);
});

test('a folder that had no database is told, since its name may be mistyped', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', write: (line) => void lines.push(line) });
  const folder = join(root, 'mistyped');
  for (const expected of [1, 1]) {
    new Store({ folder, log }).close();
    expect(lines).toHaveLength(expected);
  }
  expect(lines[0]).toContain('starts with an empty one');
});
