import { expect, setDefaultTimeout, test } from 'bun:test';
import { AudioRoom } from '../../bench/loads/audio-room.ts';
import { newSfu } from '../../src/app/domain.ts';
import { readConfig } from '../../src/config/config.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { defaultGrants } from '../../src/core/grants.ts';
import { silentLogger as log } from '../../src/core/log.ts';
import { type NodeStress, stressOf } from '../../src/core/stress.ts';
import { StressMeter } from '../../src/host/stress/meter.ts';
import type { SfuBus } from '../../src/sfu/events.ts';
import { Fullness } from '../../src/sfu/full.ts';
import { publish } from '../../src/sfu/rooms/publishing.ts';
import { TestClock } from '../support/clock.ts';
import { withKeys } from '../support/server.ts';

setDefaultTimeout(60_000);

const alice = { roomId: 'room', peerId: 'alice' };
const bob = { roomId: 'room', peerId: 'bob' };

const stressed = (level: number): NodeStress => ({
  ...stressOf({ worker_cpu: level }),
  workers: new Map(),
});

/** A door whose stress a test sets. */
function door(limit = 0.85) {
  const clock = new TestClock();
  const events: SfuBus = new EventBus(log);
  let [level, peers] = [0, 100];
  const stress = () => stressed(level);
  const fullness = new Fullness({
    stress,
    fullAt: () => limit,
    read: { size: () => ({ rooms: 1, peers }) },
    events,
    clock,
  });
  const opens = (who: typeof alice, present = false) => {
    try {
      fullness.check(who, present);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'busy', retryAfterSeconds: 10 });
      return false;
    }
  };
  /** So many come, of whom those who were there before are no part. */
  const come = (count: number) => {
    for (let index = 0; index < count; index += 1)
      events.emit('peerConnected', { ...bob, sessionId: `s${peers + index}`, address: '', hidden: false });
    peers += count;
  };
  const left = (reason: 'disconnected' | 'left', who = alice, sessionId = 's') =>
    events.emit('peerLeft', {
      ...who,
      ...{ sessionId, reason, detail: '', joined: true, rejoining: false, hidden: false },
      ...{ standing: 'listed', duration: 1, by: { kind: 'server', id: '' } },
    } as never);
  const set = (to: number) => {
    level = to;
  };
  const moved = (to: 'here' | 'away', sessionId: string) => {
    const who = { ...bob, sessionId };
    if (to === 'away') events.emit('peerDeparted', who);
    else events.emit('peerMovedHere', { ...who, displayName: '', hidden: false, duration: 1, from: 'ams' });
  };
  const have = (count: number) => {
    peers = count;
  };
  return { clock, opens, left, set, come, moved, have };
}

test('the door closes at the limit, and opens when the stress is a tenth below it', () => {
  const { opens, set } = door();
  const seen = [0.84, 0.85, 0.8, 0.76, 0.74, 0.84, 0.99].map((level) => {
    set(level);
    return opens(alice);
  });
  expect(seen).toEqual([true, false, false, false, true, true, false]);
});

test('those who came a moment ago count for what a peer costs, until the stress has them', () => {
  const { opens, set, come, left, clock } = door();
  set(0.7);
  // A hundred cost 0.7, so that each of those who come costs about 0.006.
  come(20);
  expect(opens(alice)).toBe(true);
  come(30);
  expect(opens(alice)).toBe(false);
  for (let index = 100; index < 150; index += 1) left('left', bob, `s${index}`);
  expect(opens(alice)).toBe(true);
  come(50);
  expect(opens(alice)).toBe(false);
  clock.advance(15_000);
  expect(opens(alice)).toBe(true);
});

test('who moves here from another node counts as one who came, and who moves away does not any more', () => {
  const { opens, set, come, moved, clock } = door();
  set(0.7);
  for (let index = 0; index < 30; index += 1) moved('here', `m${index}`);
  expect(opens(alice)).toBe(false);
  clock.advance(15_000);
  expect(opens(alice)).toBe(true);
  come(40);
  for (let index = 100; index < 140; index += 1) moved('away', `s${index}`);
  expect(opens(alice)).toBe(true);
});

test('what a node does beside its peers is no cost of the few that it has', () => {
  const { opens, set, come, have } = door();
  set(0.6);
  have(0);
  come(5);
  expect(opens(alice)).toBe(true);
});

test('who is there may come again, and who lost the connection for two minutes; who left may not', () => {
  const { opens, set, left, clock } = door();
  set(0.9);
  expect([opens(alice, true), opens(alice)]).toEqual([true, false]);
  left('left');
  expect(opens(alice)).toBe(false);
  left('disconnected');
  expect([opens(alice), opens(bob)]).toEqual([true, false]);
  clock.advance(119_999);
  expect(opens(alice)).toBe(true);
  clock.advance(1);
  expect(opens(alice)).toBe(false);
});

test('of those who lost the connection ten thousand are remembered, and the oldest is forgotten first', () => {
  const { opens, set, left } = door();
  set(0.9);
  for (let index = 0; index < 10_000; index += 1) left('disconnected', { ...alice, peerId: `peer-${index}` });
  expect(opens({ ...alice, peerId: 'peer-0' })).toBe(true);
  left('disconnected', bob);
  expect([opens({ ...alice, peerId: 'peer-0' }), opens({ ...alice, peerId: 'peer-1' })]).toEqual([
    false,
    true,
  ]);
  expect(opens(bob)).toBe(true);
});

test('a worker that never sleeps closes the door after ten seconds, and not after a few; rest opens it', () => {
  const meter = new StressMeter({ maxEgressMbps: undefined });
  const clock = new TestClock();
  let [ran, level] = [0, 0];
  const fullness = new Fullness({
    ...{ stress: () => stressed(level), fullAt: () => 0.85 },
    read: { size: () => ({ rooms: 0, peers: 0 }) },
    ...{ events: new EventBus(log), clock },
  });
  /** Reads it every two seconds, as a server does. @returns whether it was full each time */
  const pass = (seconds: number, busy: number) =>
    Array.from({ length: seconds / 2 }, () => {
      clock.advance(2000);
      ran += busy * 2000;
      const time = { pid: 1, ran, waited: 0 };
      const workers = [{ index: 0, time, files: undefined }];
      const at = clock.elapsed();
      level = meter.read({ at, loop: undefined, files: undefined, workers, sent: new Map() }).level;
      return fullness.full;
    });
  expect(pass(60, 0.5).some((full) => full)).toBe(false);
  expect(pass(4, 1)).toEqual([false, false]);
  expect(pass(10, 1).at(-1)).toBe(true);
  // It falls below the limit at once, and the door opens when it is a tenth lower.
  expect(pass(6, 0.6)).toEqual([true, true, false]);
});

test('with 1 it is never full', () => {
  const { opens, set } = door(1);
  set(1);
  expect(opens(bob)).toBe(true);
});

/** A server under a stress that a test sets. */
async function serverUnder(level: () => number) {
  const sfu = newSfu({
    config: readConfig({ ...withKeys, TUREEN_RTC_BASE_PORT: '0', TUREEN_WORKERS: '1' }),
    log,
    stress: () => stressed(level()),
  });
  await sfu.start();
  return { sfu, [Symbol.dispose]: () => sfu.close() };
}

test('a full server refuses a new peer, and lets one in that is in the call', async () => {
  let level = 0;
  using server = await serverUnder(() => level);
  const { sfu } = server;
  const link = { gone: Promise.resolve(), close: () => {} };
  const identity = { subject: 's', metadata: {}, grants: defaultGrants, address: '192.0.2.1' };
  const first = await sfu.enter({ ...identity, ...alice }, link);
  level = 0.95;
  await expect(sfu.enter({ ...identity, ...bob }, link)).rejects.toMatchObject({
    code: 'busy',
    reason: 'busy: this server is full (media); try again in 10 s',
  });
  await sfu.enter({ ...identity, ...alice }, link);
  expect(first.closed).toBe(true);
  expect([...sfu.room('room').peers.keys()]).toEqual(['alice']);
  level = 0.5;
  await sfu.enter({ ...identity, ...bob }, link);
});

test('on a full server who is in a call joins it and publishes', async () => {
  let level = 0;
  using server = await serverUnder(() => level);
  const { sfu } = server;
  using call = await AudioRoom.open(sfu, { tracks: 0 });
  level = 0.95;
  await expect(call.receive()).rejects.toMatchObject({ code: 'busy' });
  const { room, sender, sending } = call;
  const rtpParameters = {
    codecs: [{ mimeType: 'audio/opus' as const, payloadType: 111, clockRate: 48_000, channels: 2 }],
    encodings: [{ ssrc: 1 }],
  };
  const request = { kind: 'audio', paused: false, appData: {}, rtpParameters } as const;
  const { info } = await publish(room, sender, { ...request, transportId: sending.transport.id });
  expect(room.publication(info.id).info.peerId).toBe('sender');
});
