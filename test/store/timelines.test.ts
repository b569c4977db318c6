import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import type { NewLine } from '../../src/store/timeline-lines.ts';
import { Timelines } from '../../src/store/timelines.ts';
import { timelinesFile } from '../../src/store/timelines-file.ts';

const hour = 3_600_000;

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-timelines-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function opened(options: Partial<ConstructorParameters<typeof Timelines>[0]> = {}) {
  const clock = { time: 100 * hour };
  const timelines = new Timelines({ hours: 24, log: silentLogger, now: () => clock.time, ...options });
  return { clock, timelines, [Symbol.dispose]: () => timelines.close() };
}

const line = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  event: 'peerJoined',
  text,
  bad: false,
  ...more,
});

test('lines are found by room, peer, name, address, stay, time and trouble, the newest first', () => {
  using past = opened();
  const { clock, timelines } = past;
  const alice = { roomId: 'standup', peerId: 'a-1', sessionId: 's1', displayName: 'Alice', address: '::1' };
  timelines.add(line('the node started', { event: 'workerStarted' }));
  clock.time += hour;
  timelines.add(line('Alice joined', alice));
  timelines.add(line('Bob joined', { roomId: 'standup', peerId: 'b-1', sessionId: 's2' }));
  clock.time += hour;
  timelines.add(line('Alice left', { ...alice, bad: true }));
  timelines.add(line('a wrong % of _', { roomId: 'hall' }));
  const found = (search: Omit<Parameters<Timelines['search']>[0], 'limit'>) =>
    timelines.search({ limit: 10, ...search }).map(({ text }) => text);
  expect(found({ roomId: 'standup' })).toEqual(['Alice left', 'Bob joined', 'Alice joined']);
  expect(found({ peer: 'a-1' })).toEqual(['Alice left', 'Alice joined']);
  expect(found({ peer: 'aLi' })).toEqual(['Alice left', 'Alice joined']);
  expect(found({ peer: '%' })).toEqual([]);
  expect(found({ address: '::1', bad: true })).toEqual(['Alice left']);
  expect(found({ address: '' })).toEqual([]);
  expect(found({ sessionId: 's2' })).toEqual(['Bob joined']);
  expect(found({ from: 101 * hour, until: 102 * hour })).toEqual(['Bob joined', 'Alice joined']);
  expect(found({ from: 103 * hour })).toEqual([]);
  expect(found({ until: 100 * hour + 1 })).toEqual(['the node started']);
  const [newest] = timelines.search({ limit: 1 });
  expect(newest?.text).toBe('a wrong % of _');
  expect(timelines.search({ limit: 1, before: newest?.id })[0]?.text).toBe('Alice left');
  expect(timelines.since).toBe(100 * hour);
});

test('lines survive a restart in a file of their own that only its owner may read, until they are too old', async () => {
  await withFolder(async (folder) => {
    const { timelines: before } = opened({ folder });
    before.add(line('yesterday'));
    before.close();
    expect((await stat(timelinesFile(folder))).mode & 0o777).toBe(0o600);
    using after = opened({ folder });
    expect(after.timelines.search({ limit: 10 }).map(({ text }) => text)).toEqual(['yesterday']);
    after.clock.time += 24 * hour + 1;
    after.timelines.add(line('today'));
    expect(after.timelines.search({ limit: 10 }).map(({ text }) => text)).toEqual(['today']);
  });
});

test('the oldest lines make room for new ones, so that the file stays as large as it may be', async () => {
  await withFolder(async (folder) => {
    const maxBytes = 1024 * 1024;
    using past = opened({ folder, maxBytes });
    const { timelines } = past;
    const text = 'x'.repeat(400);
    for (let round = 0; round < 12; round += 1) {
      for (let count = 0; count < 500; count += 1) timelines.add(line(text, { roomId: `${round}` }));
      timelines.search({ limit: 1 });
    }
    expect(timelines.search({ limit: 1 })[0]?.roomId).toBe('11');
    expect(timelines.search({ limit: 1, roomId: '0' })).toEqual([]);
    const kept = timelines.search({ limit: 10_000 }).length;
    expect(kept).toBeGreaterThan(500);
    expect(kept).toBeLessThan(6000);
    // One portion comes before the next one goes.
    expect((await stat(timelinesFile(folder))).size).toBeLessThan(maxBytes * 1.6);
    expect(timelines.lost).toBe(0);
  });
});

test('a damaged file is replaced and told, for nothing of worth is in it', async () => {
  await withFolder(async (folder) => {
    await writeFile(timelinesFile(folder), 'this is no database '.repeat(500));
    const lines: string[] = [];
    const log = createLogger({ level: 'info', write: (text) => void lines.push(text) });
    using past = opened({ folder, log });
    expect(lines.join()).toContain('are damaged, so they begin again');
    past.timelines.add(line('after all'));
    expect(past.timelines.search({ limit: 1 })[0]?.text).toBe('after all');
    expect((await readFile(timelinesFile(folder))).toString('latin1')).toStartWith('SQLite format 3');
  });
});

test('a file of the version before is read on', async () => {
  await withFolder(async (folder) => {
    const before = new Database(timelinesFile(folder), { create: true });
    before.run(`CREATE TABLE lines (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, event TEXT NOT NULL, text TEXT NOT NULL,
      bad INTEGER NOT NULL, room_id TEXT, peer_id TEXT, session_id TEXT, display_name TEXT NOT NULL COLLATE NOCASE,
      address TEXT NOT NULL, course TEXT) STRICT`);
    before.run(
      `INSERT INTO lines VALUES (7, ${100 * hour}, 'peerJoined', 'of before', 0, 'hall', 'a', 's', '', '', NULL)`,
    );
    before.run('PRAGMA user_version = 1');
    before.close();
    using past = opened({ folder });
    past.timelines.add(line('of another node', { nodeOf: 'iad' }));
    const texts = (exceptOf?: string[]) =>
      past.timelines.search({ limit: 10, exceptOf }).map(({ text }) => text);
    expect(texts()).toEqual(['of another node', 'of before']);
    expect(texts(['ams', 'iad'])).toEqual(['of before']);
    expect(texts(['ams'])).toEqual(['of another node', 'of before']);
  });
});

test('where no file can be, lines are kept in memory', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    const lines: string[] = [];
    const log = createLogger({ level: 'info', write: (text) => void lines.push(text) });
    using past = opened({ folder: join(folder, 'file'), log });
    expect(lines.join()).toContain('they are kept in memory');
    past.timelines.add(line('after all'));
    expect(past.timelines.search({ limit: 1 })[0]?.text).toBe('after all');
  });
});

test('with 0 hours nothing is kept', () => {
  using past = opened({ hours: 0 });
  past.timelines.add(line('nothing'));
  expect(past.timelines.search({ limit: 10 })).toEqual([]);
  expect(past.timelines.since).toBeUndefined();
});
