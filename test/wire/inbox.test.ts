import { expect, test } from 'bun:test';
import { createLogger } from '../../src/core/log.ts';
import { readFrame } from '../../src/wire/frame.ts';
import { Inbox } from '../../src/wire/inbox.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';

function newInbox() {
  const seen = { handled: [] as string[], complaints: 0, ends: [] as string[] };
  const logged: string[] = [];
  let queued = 0;
  const inbox = new Inbox({
    clock: new TestClock(),
    log: createLogger({ level: 'error', write: (line) => void logged.push(line) }),
    messagesPerSecond: 500,
    limits: () => ({ count: 10, bytes: 1024 * 1024 }),
    read: readFrame,
    handle: (frame) => {
      const method = 'method' in frame ? frame.method : '';
      if (method === 'broken') return Promise.reject(new Error('it is broken'));
      seen.handled.push(method);
      return method === 'quick' ? undefined : Promise.resolve();
    },
    refuse: () => {
      seen.complaints += 1;
    },
    drop: (cause) => void seen.ends.push(cause),
    onQueued: (change) => {
      queued += change;
    },
  });
  return { inbox, seen, logged, queued: () => queued };
}

test('nothing is read before the client is let in', async () => {
  const { inbox, seen, queued } = newInbox();
  for (const text of ['{', '[]', '{"request":true,"id":1,"method":"first"}']) inbox.receive(text);
  await Promise.resolve();
  expect(queued()).toBe(3);
  expect(seen).toEqual({ handled: [], complaints: 0, ends: [] });
  inbox.open();
  await until(() => seen.handled.length === 1);
  expect(seen).toEqual({ handled: ['first'], complaints: 2, ends: [] });
  expect(queued()).toBe(0);
});

test('what waits before the client is let in is bounded by its bytes, and by more afterwards', async () => {
  const large = `{"request":true,"id":1,"method":"m","data":"${'x'.repeat(60_000)}"}`;
  const waiting = newInbox();
  for (let count = 0; count < 3; count += 1) waiting.inbox.receive(large);
  expect(waiting.seen.ends).toEqual(['flood']);
  const open = newInbox();
  open.inbox.open();
  for (let count = 0; count < 3; count += 1) open.inbox.receive(large);
  await until(() => open.seen.handled.length === 3);
  expect(open.seen.ends).toEqual([]);
});

test('what waits counts no longer once it is closed, and nothing more is taken', () => {
  const { inbox, seen, queued } = newInbox();
  inbox.receive('{"request":true,"id":1,"method":"first"}');
  inbox.close();
  inbox.receive('{"request":true,"id":2,"method":"second"}');
  inbox.open();
  expect(queued()).toBe(0);
  expect(seen.handled).toEqual([]);
});

test('frames are handled in their order, also after one whose handler failed, which is logged', async () => {
  const { inbox, seen, logged, queued } = newInbox();
  inbox.open();
  const methods = ['quick', 'slow', 'broken', 'slow again', 'last'];
  for (const method of methods) inbox.receive(JSON.stringify({ notification: true, method }));
  expect(seen.handled).toEqual(['quick', 'slow']);
  await until(() => queued() === 0);
  expect(seen.handled).toEqual(['quick', 'slow', 'slow again', 'last']);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('it is broken');
});
