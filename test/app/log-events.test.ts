import { expect, test } from 'bun:test';
import { logEvents, signalingLevels } from '../../src/app/log-events.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import type { SignalingEvents } from '../../src/signaling/events.ts';
import { TestClock } from '../support/clock.ts';

test('refusals and drops have a line a second at most, which counts those that it stands for', () => {
  const clock = new TestClock();
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(JSON.parse(line)) });
  const events = new EventBus<SignalingEvents>(silentLogger);
  logEvents(events, signalingLevels, { log, clock });
  const refuse = (times: number) => {
    for (let count = 1; count <= times; count += 1)
      events.emit('connectionRefused', { code: 'unauthorized', roomId: `room ${count}` });
  };
  const told = () => lines.splice(0).map(({ message, roomId, count }) => [message, roomId, count]);

  refuse(10_000);
  events.emit('socketDropped', { cause: 'flood', roomId: 'room', peerId: 'mallory' });
  expect(told()).toEqual([
    ['connectionRefused', 'room 1', undefined],
    ['socketDropped', 'room', undefined],
  ]);
  clock.advance(1000);
  expect(told()).toEqual([['connectionRefused', 'room 10000', 9999]]);
  refuse(5);
  clock.advance(1000);
  expect(told()).toEqual([['connectionRefused', 'room 5', 5]]);
  clock.advance(1000);
  refuse(1);
  expect(told()).toEqual([['connectionRefused', 'room 1', undefined]]);
  clock.advance(10_000);
  expect(told()).toEqual([]);
  expect(clock.waiting).toBe(0);
});
