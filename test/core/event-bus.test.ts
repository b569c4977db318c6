import { expect, test } from 'bun:test';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { SfuBus, SfuEvent, SfuEvents } from '../../src/sfu/events.ts';

const room = { roomId: 'kitchen', workerIndex: 0 };
const opened = (bus: SfuBus) => bus.emit('roomOpened', room);

test('subscribers get an event in the order in which they subscribed, those to all events last', () => {
  const bus = new EventBus<SfuEvents>(silentLogger);
  const heard: string[] = [];
  bus.onAny(({ name }) => void heard.push(`all: ${name}`));
  bus.on('roomOpened', () => void heard.push('first'));
  bus.on('roomOpened', () => void heard.push('second'));
  opened(bus);
  expect(heard).toEqual(['first', 'second', 'all: roomOpened']);
});

test('subscribing or leaving after the first emission takes effect at the next one', () => {
  const bus = new EventBus<SfuEvents>(silentLogger);
  const heard: string[] = [];
  const leave = bus.on('roomOpened', () => void heard.push('early'));
  opened(bus);
  bus.on('roomOpened', () => void heard.push('late'));
  const leaveAll = bus.onAny(() => void heard.push('all'));
  opened(bus);
  leave();
  leaveAll();
  opened(bus);
  expect(heard).toEqual(['early', 'early', 'late', 'all', 'late']);
});

test('a subscriber to all events but some does not get those', () => {
  const bus = new EventBus<SfuEvents>(silentLogger);
  const heard: SfuEvent[] = [];
  bus.onAny((event) => void heard.push(event), new Set(['drainCancelled'] as const));
  bus.emit('drainCancelled', { by: { kind: 'server', id: '' } });
  opened(bus);
  expect(heard).toEqual([{ name: 'roomOpened', data: room }]);
});

test('an event reaches every subscriber when one of them throws', () => {
  const bus = new EventBus<SfuEvents>(silentLogger);
  const heard: string[] = [];
  bus.on('roomOpened', () => {
    throw new Error('not today');
  });
  bus.on('roomOpened', () => void heard.push('second'));
  bus.onAny(() => void heard.push('all'));
  opened(bus);
  expect(heard).toEqual(['second', 'all']);
});
