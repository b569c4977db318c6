import { expect, test } from 'bun:test';
import { Turns } from '../../src/whip/turns.ts';

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const work = async () => {
    begun.resolve();
    return await promise;
  };
  return { work, begun: begun.promise, finish: resolve };
}

test('work of one key waits for what came before, and that of another key does not', async () => {
  const turns = new Turns();
  const [first, other] = [held(), held()];
  const order: string[] = [];
  const firstDone = turns.take('one', first.work).then((result) => order.push(result));
  const secondDone = turns.take('one', async () => order.push('second begins'));
  const otherDone = turns.take('another', other.work).then((result) => order.push(result));
  await Promise.all([first.begun, other.begun]);
  other.finish('another');
  await otherDone;
  first.finish('first');
  await Promise.all([firstDone, secondDone]);
  expect(order[0]).toBe('another');
  expect(order.slice(1).toSorted()).toEqual(['first', 'second begins']);
});

test('work that fails lets the next begin, and nothing is kept of a key that has no more', async () => {
  const turns = new Turns();
  const failing = turns.take('one', async () => {
    throw new Error('no');
  });
  const next = turns.take('one', async () => 'yes');
  expect(await failing.then(String, (error: Error) => error.message)).toBe('no');
  expect(await next).toBe('yes');
  expect(turns.size).toBe(0);
});
