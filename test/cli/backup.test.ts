import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backupCommand } from '../../src/cli/backup.ts';
import { hashPasswordCommand } from '../../src/cli/hash-password.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Store } from '../../src/store/store.ts';
import { silentConsole } from './silent-console.ts';

const folder = await mkdtemp(join(tmpdir(), 'tureen-backup-command-'));
const { print, fail, said, restore } = silentConsole();
afterAll(async () => {
  restore();
  await rm(folder, { recursive: true });
});

test('a backup and its return say what the database holds', async () => {
  const environment = { TUREEN_DATA_DIR: join(folder, 'data') };
  new Store({ folder: environment.TUREEN_DATA_DIR, log: silentLogger }).close();
  const file = join(folder, 'backup');
  expect(await backupCommand('backup', [file], environment)).toBe(0);
  expect(said(print)).toMatch(/has 0 bans, 0 users and 0 entries of the audit log/);
  expect(await backupCommand('restore', [file], environment)).toBe(0);
  expect(said(print)).toMatch(/What was there is ".*tureen\.sqlite\.before-.*"\. Start the server\./);
});

test('a backup without a name, or without a folder, is refused with what is wanted', async () => {
  expect(await backupCommand('backup', [], {})).toBe(1);
  expect(said(fail)).toMatch(/got "", wants the name of one file/);
  expect(await backupCommand('backup', ['x'], {})).toBe(1);
  expect(said(fail)).toMatch(/TUREEN_DATA_DIR is not set/);
});

test('a password is hashed by the executable, unless it is too short', async () => {
  expect(await hashPasswordCommand('open sesame now\n')).toBe(0);
  expect(await Bun.password.verify('open sesame now', said(print))).toBe(true);
  expect(await hashPasswordCommand('short')).toBe(1);
  expect(said(fail)).toMatch(/has 5 characters and needs at least 12/);
});
