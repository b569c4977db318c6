import { expect, test } from 'bun:test';
import { silentLogger } from '../../src/core/log.ts';
import { EventBus, type SfuEvent } from '../../src/sfu/events.ts';

const room = { roomId: 'kitchen', workerIndex: 0 };
const opened = (bus: EventBus) => bus.emit('roomOpened', room);

test('subscribers hear an event in the order in which they came, those of all events last', () => {
  const bus = new EventBus(silentLogger);
  const heard: string[] = [];
  bus.onAny(({ name }) => void heard.push(`all: ${name}`));
  bus.on('roomOpened', () => void heard.push('first'));
  bus.on('roomOpened', () => void heard.push('second'));
  opened(bus);
  expect(heard).toEqual(['first', 'second', 'all: roomOpened']);
});

test('who subscribes or leaves after the first emission counts for the next one', () => {
  const bus = new EventBus(silentLogger);
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

test('who takes all events but some is not told of those', () => {
  const bus = new EventBus(silentLogger);
  const heard: SfuEvent[] = [];
  bus.onAny((event) => void heard.push(event), new Set(['drainCancelled'] as const));
  bus.emit('drainCancelled', { by: { kind: 'server', id: '' } });
  opened(bus);
  expect(heard).toEqual([{ name: 'roomOpened', data: room }]);
});

test('a subscriber that throws keeps the event from nobody', () => {
  const bus = new EventBus(silentLogger);
  const heard: string[] = [];
  bus.on('roomOpened', () => {
    throw new Error('not today');
  });
  bus.on('roomOpened', () => void heard.push('told'));
  bus.onAny(() => void heard.push('all'));
  opened(bus);
  expect(heard).toEqual(['told', 'all']);
});
