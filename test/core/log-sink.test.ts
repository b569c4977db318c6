import { expect, test } from 'bun:test';
import { LogSink } from '../../src/core/log-sink.ts';
import { TestClock } from '../support/clock.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A file that the test lets succeed or fail, write by write. */
function device() {
  const clock = new TestClock();
  const writes: { text: string; bytes: number; done: Done }[] = [];
  const write = (_fd: number, data: Uint8Array, done: Done) => {
    writes.push({ text: Buffer.from(data).toString(), bytes: data.byteLength, done });
  };
  const succeed = (written?: number) => {
    const one = writes.shift();
    one?.done(null, written ?? one.bytes);
    return one?.text;
  };
  const fail = (code: string) => writes.shift()?.done(Object.assign(new Error(code), { code }), 0);
  return { clock, writes, succeed, fail, sink: new LogSink({ clock, write }) };
}

test('lines that come while one is being written go out together, in order', () => {
  const { sink, succeed, writes } = device();
  for (const line of ['one', 'two', 'three']) sink.write(line);
  expect(succeed()).toBe('one\n');
  expect(succeed()).toBe('two\nthree\n');
  expect(writes).toEqual([]);
});

test('a failed write is tried again a second later, and nothing is lost or written twice', () => {
  const { clock, sink, succeed, fail } = device();
  sink.write('one');
  fail('ENOSPC');
  sink.write('two');
  clock.advance(1000);
  expect(succeed()).toBe('one\n');
  expect(succeed()).toBe('two\n');
  expect(sink.lost).toBe(0);
});

test('what a full disk took of a line is not written again', () => {
  const { sink, succeed } = device();
  sink.write('abcdef');
  expect(succeed(3)).toBe('abcdef\n');
  expect(succeed()).toBe('def\n');
});

test('lines beyond the bound are counted, and a line says so once the log can be written again', () => {
  const { clock, sink, succeed, fail } = device();
  const line = 'x'.repeat(1023);
  for (let count = 0; count < 1030; count += 1) sink.write(line);
  fail('ENOSPC');
  expect(sink.lost).toBe(6);
  clock.advance(1000);
  expect(succeed()).toBe(`${line}\n`);
  const rest = (succeed() ?? '').trimEnd().split('\n');
  expect(rest.slice(0, -1)).toEqual(Array.from({ length: 1023 }, () => line));
  expect(JSON.parse(rest.at(-1) ?? '')).toMatchObject({ level: 'warn', lost: 6 });
  sink.write('and on');
  expect(succeed()).toBe('and on\n');
});

test('waiting for the end of the log ends with it, or at the limit', async () => {
  const { clock, sink, succeed } = device();
  await sink.flush(1000);
  sink.write('last words');
  const flushed = sink.flush(1000);
  succeed();
  await flushed;
  sink.write('never read');
  const given = sink.flush(1000);
  clock.advance(1000);
  await given;
});
