import { expect, test } from 'bun:test';
import { serverActor } from '../../src/core/actors.ts';
import { systemClock } from '../../src/core/clock.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger } from '../../src/core/log.ts';
import { EventStream, type PublicEvent } from '../../src/public-events/stream.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';

function world(keep?: number) {
  const events = new EventBus<SfuEvents>(silentLogger);
  const stream = new EventStream({ events, clock: systemClock, node: 'a', keep });
  const seen: PublicEvent[] = [];
  stream.subscribe((event) => seen.push(event));
  const open = (roomId: string) => events.emit('roomOpened', { roomId, workerIndex: 0 });
  const close = (roomId: string) =>
    events.emit('roomClosed', { roomId, reason: 'empty', duration: 1, by: serverActor });
  return { events, stream, seen, open, close };
}

const left = {
  roomId: 'a',
  peerId: 'bob',
  sessionId: 's',
  detail: '',
  standing: 'listed' as const,
  hidden: false,
  rejoining: false,
  duration: 1,
  by: serverActor,
};

test('events of a room are numbered without gaps, and anew when the room begins anew', () => {
  const { seen, open, close } = world();
  open('a');
  open('b');
  close('a');
  open('a');
  expect(seen.map(({ type, roomId, sequence }) => [type, roomId, sequence])).toEqual([
    ['room_started', 'a', 1],
    ['room_started', 'b', 1],
    ['room_finished', 'a', 2],
    ['room_started', 'a', 1],
  ]);
});

test('a removal is told as a leaving and as a removal, and who never joined is not told as leaving', () => {
  const { events, seen } = world();
  events.emit('peerLeft', { ...left, reason: 'removed', joined: true });
  events.emit('peerLeft', { ...left, reason: 'join_timeout', joined: false });
  expect(seen.map(({ type }) => type)).toEqual(['peer_left', 'peer_removed']);
});

test('whoever lost the connection resumes from a position, and is told when too much was missed', () => {
  const { stream, seen, open } = world(10);
  open('first');
  const { position } = stream;
  expect(stream.since(position)).toEqual([]);
  for (let count = 0; count < 5; count += 1) open(`room ${count}`);
  expect(stream.since(position)?.map(({ roomId }) => roomId)).toEqual(
    seen.slice(1).map(({ roomId }) => roomId),
  );
  for (let count = 0; count < 30; count += 1) open(`later ${count}`);
  expect(stream.since(position)).toBeUndefined();
  expect(stream.since('00000000-1')).toBeUndefined();
  expect(stream.since('nonsense')).toBeUndefined();
});

test('before a program was told of the stream events are only counted, and the numbers go on', () => {
  const events = new EventBus<SfuEvents>(silentLogger);
  const stream = new EventStream({ events, clock: systemClock, node: 'a' });
  const open = () => events.emit('roomOpened', { roomId: 'a', workerIndex: 0 });
  open();
  open();
  const { position } = stream;
  const number = Number(position.split('-')[1]);
  expect(number).toBe(2);
  open();
  expect(stream.since(position)).toMatchObject([{ id: `${stream.run}-3`, roomId: 'a', sequence: 3 }]);
  expect(stream.since(`${stream.run}-1`)).toBeUndefined();
});

test('what concerns the node belongs to no room', () => {
  const { events, seen } = world();
  events.emit('drainStarted', { deadline: 1, by: serverActor });
  expect(seen[0]).toMatchObject({ type: 'node_draining', roomId: null, sequence: null });
});

test('after a time in which something may have been missed no position from before is good', () => {
  const stream = new EventStream({ events: new EventBus(silentLogger), clock: systemClock, node: 'a' });
  const before = stream.position;
  stream.take({ type: 'peer_joined', node: 'b', time: 0, roomId: 'room', sequence: 1, data: {} });
  expect(stream.since(before)).toMatchObject([{ node: 'b', type: 'peer_joined' }]);
  stream.forget();
  expect(stream.since(before)).toBeUndefined();
  expect(stream.since(stream.position)).toEqual([]);
  stream.close();
});
