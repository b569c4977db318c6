import { describe, expect, test } from 'bun:test';
import { FrameError, readFrame } from '../../src/wire/frame.ts';
import { RateLimiter } from '../../src/wire/rate-limiter.ts';
import { TestClock } from '../support/clock.ts';

describe('reading a frame', () => {
  test('a request without data reads as one with empty data', () => {
    expect(readFrame('{"request":true,"id":7,"method":"join"}')).toEqual({
      request: true,
      id: 7,
      method: 'join',
      data: {},
    });
  });

  test.each([
    ['', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['{"method":"join"}', 'one of request, response and notification'],
    ['{"request":true,"method":"join"}', 'whole number'],
    ['{"request":true,"id":1.5,"method":"join"}', 'whole number'],
    ['{"request":true,"id":-1,"method":"join"}', 'whole number'],
    ['{"request":true,"id":1,"method":{}}', 'needs a method'],
    ['{"notification":true}', 'needs a method'],
  ])('%s is refused with a sentence', (text, sentence) => {
    expect(() => readFrame(text)).toThrow(sentence);
  });

  test('a request that can be answered keeps its id', () => {
    const refuse = () => readFrame('{"request":true,"id":9,"method":1}');
    expect(refuse).toThrow(FrameError);
    expect(refuse).toThrow(expect.objectContaining({ id: 9 }));
  });

  test('a reason of a refusal that is no text is left out', () => {
    const reason = (value: string) => readFrame(`{"response":true,"id":1,"ok":false,"errorReason":${value}}`);
    expect(reason('"busy"')).toMatchObject({ errorReason: 'busy' });
    expect(reason('{"toString":1,"valueOf":1}')).toMatchObject({ errorReason: '' });
  });

  test('depth is bounded without using the stack', () => {
    const deep = `{"request":true,"id":1,"method":"join","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(() => readFrame(deep)).toThrow('deeper than');
  });

  test('a key that reaches for the prototype is taken out wherever it is', () => {
    const { data } = readFrame(
      '{"request":true,"id":1,"method":"m","data":{"appData":{"__proto__":{"admin":true},"list":[{"\\u005f_proto__":1,"kept":2}]}}}',
    ) as { data: { appData: { list: object[] } } };
    expect(JSON.stringify(data)).toBe('{"appData":{"list":[{"kept":2}]}}');
    expect(Object.assign({}, data.appData)).not.toHaveProperty('admin');
  });
});

describe('a rate limiter', () => {
  test('charges what a message costs, and gives it back', () => {
    const limiter = new RateLimiter(10, new TestClock());
    expect(limiter.take(40)).toBe(true);
    expect(limiter.take(11)).toBe(false);
    limiter.giveBack(5);
    expect(limiter.take(15)).toBe(true);
    expect(limiter.take()).toBe(false);
    limiter.giveBack(1000);
    expect(limiter.take(50)).toBe(true);
    expect(limiter.take()).toBe(false);
  });

  test('lets what costs more than a burst through when the whole burst is free', async () => {
    const clock = new TestClock();
    const limiter = new RateLimiter(1, clock);
    expect(limiter.take(64)).toBe(true);
    let passed = false;
    const waiting = limiter.wait(64).then(() => {
      passed = true;
    });
    clock.advance(4999);
    await Promise.resolve();
    expect(passed).toBe(false);
    clock.advance(1);
    await waiting;
  });

  test('lets a burst through, then so many a second', () => {
    const clock = new TestClock();
    const limiter = new RateLimiter(10, clock);
    const passed = Array.from({ length: 100 }, () => limiter.take()).filter(Boolean).length;
    expect(passed).toBe(50);
    clock.advance(1000);
    expect(Array.from({ length: 100 }, () => limiter.take()).filter(Boolean).length).toBe(10);
  });

  test('makes those wait who are too fast, and no longer than needed', async () => {
    const clock = new TestClock();
    const limiter = new RateLimiter(10, clock);
    while (limiter.take());
    let passed = false;
    const waiting = limiter.wait().then(() => {
      passed = true;
    });
    clock.advance(50);
    await Promise.resolve();
    expect(passed).toBe(false);
    clock.advance(50);
    await waiting;
    expect(passed).toBe(true);
  });
});
