import { describe, expect, test } from 'bun:test';
import { FrameQueue } from '../../src/wire/frame-queue.ts';

const limits = { count: 3, bytes: 100 };

describe('a queue of frames', () => {
  test('gives them back in their order, as they came', () => {
    const queue = new FrameQueue();
    for (const text of ['{"first":', 'second', '']) expect(queue.push(text, limits)).toBeUndefined();
    expect(queue.length).toBe(3);
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
      '{"first":',
      'second',
      '',
      undefined,
    ]);
  });

  test('takes no more than its count', () => {
    const queue = new FrameQueue();
    for (const text of ['a', 'b', 'c']) queue.push(text, limits);
    expect(queue.push('d', limits)).toStartWith('more than 3 messages are waiting');
    queue.shift();
    expect(queue.push('d', limits)).toBeUndefined();
  });

  test('takes no more than its bytes, as UTF-8 counts them', () => {
    const queue = new FrameQueue();
    expect(queue.push('部'.repeat(33), limits)).toBeUndefined();
    expect(queue.push('xx', limits)).toStartWith('more than 100 bytes are waiting');
    expect(queue.push('x', limits)).toBeUndefined();
    queue.shift();
    expect(queue.push('x'.repeat(99), limits)).toBeUndefined();
    queue.clear();
    expect(queue.length).toBe(0);
    expect(queue.push('x'.repeat(100), limits)).toBeUndefined();
  });

  test('counts a frame as a message for each begun kibibyte', () => {
    const costOf = (text: string) => {
      const queue = new FrameQueue();
      queue.push(text, { count: 1, bytes: 100_000 });
      return queue.cost;
    };
    expect(['', '{}', 'x'.repeat(1024), 'x'.repeat(1025), 'x'.repeat(65_536)].map(costOf)).toEqual([
      1, 1, 1, 2, 64,
    ]);
  });
});
