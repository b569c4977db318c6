import { expect, test } from 'bun:test';
import { OtherNodes } from '../../admin/live/other-nodes.ts';
import type { Gathered } from '../../src/cluster/reads/view.ts';
import { TestClock } from '../support/clock.ts';

/** What other nodes have: one room, by its id. */
function gathered(id: string): Gathered {
  const room = {
    ...{ id, openedAt: 0, locked: false, bitrateCap: null, options: {}, workers: [] },
    ...{ activePeerId: null, speaking: [], peers: [] },
  };
  return { nodes: [], rooms: [{ node: 'a', room, counts: { peers: 0, producers: 0, consumers: 0 } }] };
}

/** Reads whose answers come when the test says so. */
function reads() {
  const asked: PromiseWithResolvers<Gathered>[] = [];
  const mesh = {
    self: 'b',
    nodes: () => [],
    paths: async () => [],
    audit: async () => ({ entries: [], next: null, silent: [] }),
    gather: async () => {
      const read = Promise.withResolvers<Gathered>();
      asked.push(read);
      return await read.promise;
    },
  };
  return { asked, mesh };
}

test('pages that ask at the same time share one reading, which is fresh for a second', async () => {
  const { asked, mesh } = reads();
  const clock = new TestClock();
  const others = new OtherNodes({ mesh, clock, changed: () => {} });
  const both = [others.freshen(), others.freshen()];
  expect(asked).toHaveLength(1);
  asked[0]?.resolve(gathered('x'));
  await Promise.all(both);
  expect(others.joined([]).map(({ id }) => id)).toEqual(['x']);
  expect(others.freshen()).toBeUndefined();
  clock.advance(1000);
  expect(others.freshen()).toBeInstanceOf(Promise);
  expect(asked).toHaveLength(2);
});

test('after an action the page does not show what was asked before it', async () => {
  const { asked, mesh } = reads();
  const others = new OtherNodes({ mesh, clock: new TestClock(), changed: () => {} });
  const before = others.freshen();
  others.refresh();
  const after = others.freshen();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve(gathered('as it is now'));
  await after;
  asked[0]?.resolve(gathered('as it was'));
  await before;
  expect(others.joined([]).map(({ id }) => id)).toEqual(['as it is now']);
  expect(others.freshen()).toBeUndefined();
});
