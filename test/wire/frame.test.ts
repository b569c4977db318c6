import { describe, expect, test } from 'bun:test';
import { FrameError, readFrame } from '../../src/wire/frame.ts';

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
