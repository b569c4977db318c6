import { describe, expect, test } from 'bun:test';
import { serverActor } from '../../src/core/actors.ts';
import type { MethodParams } from '../../src/signaling/methods/index.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, dataChannel, enter } from '../support/world.ts';

/** Alice publishes to Bob, whose client answers offers only when it is told to. */
async function world() {
  const clock = new TestClock();
  const server = await startServer({}, { clock });
  const bob = await enter({ server, peerId: 'bob', accept: 'later' });
  const alice = await enter({ server, peerId: 'alice' });
  const subscriptions = () => [...server.sfu.peer('room', 'bob').subscriptions.values()];
  return {
    clock,
    server,
    alice,
    bob: bob.client,
    consumer: () => subscriptions().at(-1)?.consumer,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

describe('an offer that is answered late', () => {
  test('has ended meanwhile, which its client is told, and is made again when the answer comes', async () => {
    await using scene = await world();
    const { clock, alice, bob } = scene;
    const { id: producerId } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    const first = await bob.waitFor('newConsumer');
    clock.advance(30_000);
    expect(await bob.waitFor('consumerClosed')).toEqual({ consumerId: first.id, reason: 'unanswered' });
    expect(scene.consumer()).toBeUndefined();
    bob.acceptAll();
    const second = await bob.waitFor('newConsumer', ({ id }) => id !== first.id);
    expect(second.producerId).toBe(producerId);
    bob.acceptAll();
    await until(() => scene.consumer()?.paused === false, 'the consumer running');
  });

  test('is made again for data, too', async () => {
    await using scene = await world();
    const { clock, alice, bob, server } = scene;
    const { id: dataProducerId } = await alice.client.request(
      'produceData',
      dataChannel(alice.sendTransport, 1),
    );
    const first = await bob.waitFor('newDataConsumer');
    clock.advance(30_000);
    expect(await bob.waitFor('dataConsumerClosed')).toEqual({
      dataConsumerId: first.id,
      reason: 'unanswered',
    });
    bob.acceptAll();
    const second = await bob.waitFor('newDataConsumer', ({ id }) => id !== first.id);
    expect(second.dataProducerId).toBe(dataProducerId);
    bob.acceptAll();
    const { dataSubscriptions } = server.sfu.peer('room', 'bob');
    await until(
      () => [...dataSubscriptions.values()].some(({ dataConsumer }) => !dataConsumer.paused),
      'the data consumer running',
    );
  });

  test('is not made again for what has ended', async () => {
    await using scene = await world();
    const { clock, alice, bob } = scene;
    const { id: producerId } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    await bob.waitFor('newConsumer');
    clock.advance(30_000);
    await bob.waitFor('consumerClosed');
    await alice.client.request('closeProducer', { producerId });
    bob.acceptAll();
    // Messages are handled in their order: with this reply the late answer was handled, too.
    await bob.request('getRouterRtpCapabilities', {});
    expect(bob.named('newConsumer')).toHaveLength(1);
  });
});

describe('a pause between an offer and its answer', () => {
  test('of the peer itself is not undone by the answer', async () => {
    await using scene = await world();
    const { alice, bob } = scene;
    await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    const { id } = await bob.waitFor('newConsumer');
    await bob.request('pauseConsumer', { consumerId: String(id) });
    bob.acceptAll();
    // The worker answers in order: had the answer started the consumer, it would run by now.
    await bob.request('getConsumerStats', { consumerId: String(id) });
    expect(scene.consumer()?.paused).toBe(true);
    await bob.request('resumeConsumer', { consumerId: String(id) });
    expect(scene.consumer()?.paused).toBe(false);
  });

  test('of a program is not undone by the answer, and the client is told of it', async () => {
    await using scene = await world();
    const { alice, bob, server } = scene;
    await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    const { id } = await bob.waitFor('newConsumer');
    const target = { roomId: 'room', peerId: 'bob', consumerId: String(id), by: serverActor };
    await server.sfu.pauseConsumer(target);
    expect(await bob.waitFor('consumerPaused')).toEqual({ consumerId: id });
    bob.acceptAll();
    // The worker answers in order: had the answer started the consumer, it would run by now.
    await bob.request('getConsumerStats', { consumerId: String(id) });
    expect(scene.consumer()?.paused).toBe(true);
    await server.sfu.resumeConsumer(target);
    expect(scene.consumer()?.paused).toBe(false);
  });

  test('of a program is not undone by the start of a fast join', async () => {
    await using server = await startServer();
    const alice = await enter({ server, peerId: 'alice' });
    await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    const bob = await SignalingClient.connect({ server, peerId: 'bob', path: '/signaling?fast=1&' });
    const { routerRtpCapabilities } = (await bob.waitFor('welcome')) as {
      routerRtpCapabilities: MethodParams<'join'>['rtpCapabilities'];
    };
    const { consumers = [] } = await bob.request('join', { rtpCapabilities: routerRtpCapabilities });
    const [consumerId = ''] = consumers.map(({ id }) => id);
    await server.sfu.pauseConsumer({ roomId: 'room', peerId: 'bob', consumerId, by: serverActor });
    const paused = () => server.sfu.peer('room', 'bob').subscription(consumerId).consumer.paused;
    await bob.request('resumeConsumers', { consumerIds: [consumerId] });
    expect(paused()).toBe(true);
    // Who asks once more means it.
    await bob.request('resumeConsumers', { consumerIds: [consumerId] });
    expect(paused()).toBe(false);
  });
});
