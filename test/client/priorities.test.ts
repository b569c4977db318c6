import { expect, test } from 'bun:test';
import type { RemoteTrack, TrackSource, TureenClient } from '../../client/index.ts';
import { Priorities } from '../../client/priorities.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import { track, useClients } from './support.ts';

const { server, enter } = await useClients();

/** Tracks that note what is suggested for them. */
function room(...peerIds: string[]) {
  const clock = new TestClock();
  const suggested: [string, number][] = [];
  const tracks = new Map<string, Pick<RemoteTrack, 'source' | 'peerId' | 'suggestPriority'>[]>();
  const priorities = new Priorities({
    ownPeerId: 'me',
    tracks: (peerId) => tracks.get(peerId) ?? [],
    after: (milliseconds, run) => clock.after(milliseconds, run),
  });
  const add = (peerId: string, source: TrackSource) => {
    const suggestPriority = async (priority: number) =>
      void suggested.push([`${peerId} ${source}`, priority]);
    const added = { peerId, source, suggestPriority };
    tracks.set(peerId, [...(tracks.get(peerId) ?? []), added]);
    priorities.added(added);
  };
  for (const peerId of peerIds) for (const source of ['microphone', 'camera'] as const) add(peerId, source);
  return { clock, suggested, priorities, add };
}

test('nothing is asked for voices and cameras of those who do not speak, and a screen comes first', () => {
  const { suggested, add } = room('bob', 'carol');
  expect(suggested).toEqual([]);
  add('bob', 'screen');
  add('bob', 'screenAudio');
  expect(suggested).toEqual([['bob screen', 200]]);
});

test('the camera of who speaks comes before the others, also in silence and when it is added later', () => {
  const { clock, suggested, priorities, add } = room('bob', 'carol');
  priorities.spoke('bob');
  priorities.spoke(null);
  priorities.spoke('me');
  clock.advance(60_000);
  expect(suggested).toEqual([['bob camera', 100]]);
  priorities.spoke('carol');
  expect(suggested.slice(1)).toEqual([
    ['bob camera', 1],
    ['carol camera', 100],
  ]);
  clock.advance(3000);
  priorities.spoke('dora');
  add('dora', 'camera');
  expect(suggested.slice(3)).toEqual([
    ['carol camera', 1],
    ['dora camera', 100],
  ]);
});

test('speakers who take quick turns cost two requests in three seconds, and the last of them wins', () => {
  const { clock, suggested, priorities } = room('bob', 'carol', 'dora');
  for (let turn = 0; turn < 600; turn += 1) {
    priorities.spoke(['bob', 'carol', 'dora'][turn % 3] ?? null);
    clock.advance(100);
  }
  // A minute: the first at once, and then one change every three seconds.
  expect(suggested.length).toBeLessThanOrEqual(1 + 2 * 20);
  expect(suggested.length).toBeGreaterThan(20);
  priorities.spoke('bob');
  priorities.spoke('carol');
  clock.advance(3000);
  expect(suggested.at(-1)).toEqual(['carol camera', 100]);
  priorities.spoke('bob');
  priorities.reset();
  expect(clock.waiting).toBe(0);
});

test('the server has the priorities, asked for only when they change, and those of the application stay', async () => {
  const asked: string[] = [];
  const stop = server.signaling.events.on('requestHandled', ({ method, peerId }) => {
    if (method === 'setConsumerPriority') asked.push(peerId);
  });
  const [alice, bob, carol] = [await enter('alice'), await enter('bob'), await enter('carol')];
  const publish = (client: TureenClient) => client.publish(track('video'), 'camera');
  await Promise.all([publish(alice), publish(bob), alice.publish(track('audio'), 'microphone')]);
  await alice.publish(track('video', { width: 1920, height: 1080 }), 'screen');
  const of = (peerId: string, source: TrackSource) => {
    const received = carol.peers.get(peerId)?.track(source);
    const subscriptions = [...server.sfu.peer('room', 'carol').subscriptions.values()];
    return subscriptions.find(({ consumer }) => consumer.id === received?.id)?.consumer.priority;
  };
  await until(() => of('alice', 'screen') === 200, 'the screen coming first');
  expect([of('alice', 'camera'), of('bob', 'camera'), of('alice', 'microphone')]).toEqual([1, 1, 1]);
  const speaks = (peerId: string | null) =>
    server.sfu.events.emit('activeSpeaker', { roomId: 'room', peerId, volume: null });
  for (let times = 0; times < 5; times += 1) {
    speaks('bob');
    speaks(null);
  }
  await until(() => of('bob', 'camera') === 100, 'the speaker coming before the others');
  expect(of('alice', 'camera')).toBe(1);
  // Bob and Carol for the screen, Alice and Carol for Bob.
  await until(() => asked.length === 4, 'all requests');
  expect(asked.toSorted()).toEqual(['alice', 'bob', 'carol', 'carol']);
  const camera = carol.peers.get('alice')?.track('camera');
  await camera?.setPriority(7);
  speaks('alice');
  await until(() => of('bob', 'camera') === 1, 'the end of the speech');
  expect(of('alice', 'camera')).toBe(7);
  stop();
});
