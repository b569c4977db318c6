import { expect, setDefaultTimeout, test } from 'bun:test';
import { expectArithmetic, runSmall } from './run-small.ts';

setDefaultTimeout(180_000);

test('what is said on the bus grows with the nodes that have a room, and not with the people in it', async () => {
  const result = await runSmall('mesh');
  expectArithmetic(result, 'mesh');
  // Of 15 people on three nodes, and of two on two: a join is an entry and a join, all else one message.
  const counted = new Map(result.figures.map(({ name, ours, reference }) => [name, [ours, reference]]));
  expect(counted.get('join_messages')).toEqual([2, 2]);
  expect(counted.get('mute_messages')).toEqual([1, 1]);
  expect(counted.get('leave_messages')).toEqual([1, 1]);
});
