import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import { Connection } from '../../src/store/connection.ts';
import { migrate } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';
import { WebhookOutbox } from '../../src/store/webhook-outbox.ts';
import { until } from '../support/until.ts';

const day = 24 * 3600_000;

function outboxInMemory() {
  const database = new Database(':memory:', { strict: true });
  migrate(database);
  const clock = { time: 1_700_000_000_000 };
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const connection = new Connection(database, { log });
  const outbox = new WebhookOutbox({ database: connection, log, now: () => clock.time });
  return { database, clock, lines, outbox };
}

const add = (outbox: WebhookOutbox, eventId: string, receiver = 'one', body = '{}') =>
  outbox.add({ receiver, eventId, type: 'room_started', roomId: 'a', body });

/** Makes a dead letter of the oldest that waits. */
async function kill(outbox: WebhookOutbox, receiver = 'one') {
  const webhook = outbox.get(outbox.waiting(receiver)[0]?.id ?? 0);
  if (!webhook) throw new Error(`nothing waits for ${receiver}`);
  const written = outbox.failed(webhook, 'it answered 503', true);
  outbox.flush();
  await written;
}

test('what waits is told once it is in the database, and is counted there', async () => {
  const { outbox } = outboxInMemory();
  const told: number[] = [];
  outbox.onWaiting(({ id }) => void told.push(id));
  for (let count = 1; count <= 3; count += 1) add(outbox, `e-${count}`);
  expect(outbox.waiting('one')).toEqual([]);
  await until(() => told.length === 3);
  expect(outbox.waiting('one').map(({ id }) => id)).toEqual(told);
  await kill(outbox);
  expect(outbox.state('one')).toMatchObject({ waiting: 2, dead: 1, error: 'it answered 503' });
  const webhook = outbox.get(told[1] ?? 0);
  if (webhook) await outbox.delivered(webhook);
  expect(outbox.state('one')).toMatchObject({ waiting: 1, dead: 1 });
});

test('a full disk loses nothing: it is told, and written when there is room again', async () => {
  const { database, outbox, lines } = outboxInMemory();
  const { page_count: pages } = database.query<{ page_count: number }, []>('PRAGMA page_count').get() ?? {
    page_count: 0,
  };
  database.run(`PRAGMA max_page_count = ${pages + 4}`);
  const body = JSON.stringify({ filler: 'x'.repeat(3000) });
  for (let count = 0; count < 20; count += 1) add(outbox, `e-${count}`, 'one', body);
  outbox.flush();
  expect(outbox.waiting('one')).toEqual([]);
  expect(lines.join()).toContain('cannot be written');
  expect(lines.join()).toContain('SQLITE_FULL');
  database.run('PRAGMA max_page_count = 100000');
  // It tries again by itself.
  await until(() => outbox.waiting('one').length === 20);
  expect(outbox.countsOf('one').lost).toBe(0);
});

test('what does not fit into memory while the disk is full is counted as lost', () => {
  const { database, outbox } = outboxInMemory();
  database.run('DROP TABLE webhook_outbox');
  for (let count = 0; count < 20_010; count += 1) add(outbox, `e-${count}`);
  expect(outbox.countsOf('one').lost).toBe(10);
  outbox.close();
});

test('an outbox is there after a restart, and so is which receiver is gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-outbox-'));
  try {
    const first = new Store({ folder, log: silentLogger });
    add(first.webhooks, 'e-1');
    first.webhooks.markGone('two', 'https://two.example.com/');
    first.close();
    const second = new Store({ folder, log: silentLogger });
    const [waiting] = second.webhooks.waiting('one');
    expect(second.webhooks.get(waiting?.id ?? 0)).toMatchObject({ eventId: 'e-1', attempts: 0 });
    expect(second.webhooks.isGone('two', 'https://two.example.com/')).toBe(true);
    expect(second.webhooks.isGone('two', 'https://two.example.com/new')).toBe(false);
    second.webhooks.resume('two');
    expect(second.webhooks.isGone('two', 'https://two.example.com/')).toBe(false);
    second.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('dead letters come page by page, are chosen by receiver or id, and end with their time and their number', async () => {
  const { outbox, clock } = outboxInMemory();
  for (let count = 0; count < 6; count += 1) add(outbox, `e-${count}`, count % 2 === 0 ? 'one' : 'two');
  outbox.flush();
  for (let count = 0; count < 3; count += 1) {
    await kill(outbox, 'one');
    await kill(outbox, 'two');
    clock.time += day;
  }
  const { deadLetters: letters } = outbox;
  const [newest, next] = letters.list({ limit: 2 });
  expect([newest?.eventId, next?.eventId]).toEqual(['e-5', 'e-4']);
  expect(letters.list({ limit: 9, before: next?.id }).map(({ eventId }) => eventId)).toEqual([
    'e-3',
    'e-2',
    'e-1',
    'e-0',
  ]);
  expect(letters.list({ limit: 9, receiver: 'two' })).toHaveLength(3);
  expect(letters.discard({ receiver: 'two', ids: [newest?.id ?? 0, next?.id ?? 0] })).toBe(1);
  expect(outbox.replay({ ids: [next?.id ?? 0] })).toBe(1);
  expect(outbox.replay({ ids: [] })).toBe(0);
  expect(outbox.state('one')).toMatchObject({ waiting: 1, dead: 2 });
  letters.prune({ maxAgeMs: 30 * day, maxCount: 3 });
  expect(letters.list({ limit: 9 }).map(({ eventId }) => eventId)).toEqual(['e-3', 'e-2', 'e-1']);
  clock.time += 30 * day;
  letters.prune();
  expect(letters.count()).toBe(0);
});
