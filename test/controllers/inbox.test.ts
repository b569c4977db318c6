import { expect, test } from 'bun:test';
import { Inbox } from '../../src/controllers/inbox.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';

function newInbox() {
  const seen = { handled: [] as string[], complaints: 0, ends: [] as string[] };
  const inbox = new Inbox({
    clock: new TestClock(),
    messagesPerSecond: 500,
    handle: async ({ method }) => void seen.handled.push(method),
    refuse: () => {
      seen.complaints += 1;
    },
    drop: (cause) => void seen.ends.push(cause),
  });
  return { inbox, seen };
}

test('nothing is read before the controller is let in', async () => {
  const { inbox, seen } = newInbox();
  for (const text of ['{', '[]', '{"request":true,"id":1,"method":"first"}']) inbox.receive(text);
  await Promise.resolve();
  expect(seen).toEqual({ handled: [], complaints: 0, ends: [] });
  inbox.open();
  await until(() => seen.handled.length === 1);
  expect(seen).toEqual({ handled: ['first'], complaints: 2, ends: [] });
});

test('what waits before the controller is let in is bounded by its bytes, and by more afterwards', async () => {
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
