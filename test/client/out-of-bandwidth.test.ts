import { describe, expect, test } from 'bun:test';
import { FakeHandler, testFakeParameters, type types } from 'mediasoup-client';
import { OutOfBandwidth } from '../../client/out-of-bandwidth.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import { track, useClients } from './support.ts';

const { server, enter } = await useClients();

describe('a picture that does not arrive', () => {
  function picture() {
    const clock = new TestClock();
    const is = { sent: true, arrives: false, connected: true };
    let changes = 0;
    const state = new OutOfBandwidth({
      sent: () => is.sent,
      arrives: () => is.arrives,
      connected: () => is.connected,
      changed: () => {
        changes += 1;
      },
      after: (milliseconds, run) => clock.after(milliseconds, run),
    });
    const now = (news: Partial<typeof is>) => {
      Object.assign(is, news);
      state.look();
    };
    return { clock, now, state, changes: () => changes };
  }

  test('counts as out of bandwidth a second after it stopped, told once, and no longer when it is back', () => {
    const { clock, now, state, changes } = picture();
    now({ arrives: true });
    now({ arrives: false });
    clock.advance(900);
    expect(state.active).toBe(false);
    clock.advance(200);
    now({});
    clock.advance(60_000);
    expect([state.active, changes()]).toEqual([true, 1]);
    now({ arrives: true });
    expect([state.active, clock.waiting]).toEqual([false, 0]);
  });

  test('has five seconds to begin, also after a pause', () => {
    const { clock, now, state } = picture();
    now({});
    clock.advance(4900);
    expect(state.active).toBe(false);
    now({ arrives: true });
    now({ sent: false, arrives: false });
    now({ sent: true });
    clock.advance(4900);
    expect(state.active).toBe(false);
    clock.advance(200);
    expect(state.active).toBe(true);
  });

  test('is not out of bandwidth when it is paused, or its sender is gone', () => {
    const { clock, now, state, changes } = picture();
    now({ arrives: true });
    now({ arrives: false });
    clock.advance(500);
    now({ sent: false });
    clock.advance(60_000);
    expect([state.active, changes(), clock.waiting]).toEqual([false, 0, 0]);
  });

  test('is not out of bandwidth while there is no path at all', () => {
    const { clock, now, state, changes } = picture();
    now({ connected: false });
    clock.advance(60_000);
    expect([state.active, changes()]).toEqual([false, 0]);
    now({ connected: true });
    clock.advance(6000);
    expect([state.active, changes()]).toEqual([true, 1]);
    now({ connected: false });
    expect(state.active).toBe(false);
    state.stop();
    expect(clock.waiting).toBe(0);
  });
});

test('a track says with an event that its picture stopped for lack of bandwidth, and that it is back', async () => {
  const handlers: FakeHandler[] = [];
  const { name, factory, getNativeRtpCapabilities } = FakeHandler.createFactory(testFakeParameters);
  const handlerFactory: types.HandlerFactory = {
    name,
    getNativeRtpCapabilities,
    factory: (options) => {
      const handler = factory(options) as FakeHandler;
      handlers.push(handler);
      return handler;
    },
  };
  const alice = await enter('alice');
  const bob = await enter('bob', { handlerFactory });
  const arriving = bob.once('trackAdded');
  await alice.publish(track('video'), 'camera');
  const received = (await arriving).track;
  for (const handler of handlers) handler.setConnectionState('connected');
  const consumer = [...server.sfu.peer('room', 'bob').subscriptions.values()].find(
    ({ consumer: { id } }) => id === received.id,
  )?.consumer;
  // There is no media here, so the worker's messages are made.
  consumer?.emit('score', { score: 10, producerScore: 10, producerScores: [10, 10, 10] });
  consumer?.emit('layerschange', { spatialLayer: 0, temporalLayer: 0 });
  await until(() => received.layers !== null, 'a layer');
  expect(received.outOfBandwidth).toBe(false);
  const stopped = bob.once('trackChanged', () => received.outOfBandwidth);
  consumer?.emit('score', { score: 10, producerScore: 0, producerScores: [10, 10, 10] });
  consumer?.emit('layerschange', undefined);
  expect((await stopped).track).toBe(received);
  const back = bob.once('trackChanged', () => !received.outOfBandwidth);
  consumer?.emit('layerschange', { spatialLayer: 0, temporalLayer: 0 });
  expect((await back).track).toBe(received);
});
