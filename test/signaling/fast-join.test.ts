import { expect, test } from 'bun:test';
import type { MethodParams } from '../../src/signaling/methods/index.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';

const fastPath = '/signaling?fast=1&';

interface Welcome {
  routerRtpCapabilities: MethodParams<'join'>['rtpCapabilities'];
  sendTransport?: { id: string };
  recvTransport?: { id: string };
  peers: { id: string }[];
}

async function connectFast(server: Awaited<ReturnType<typeof startServer>>, peerId: string, token?: string) {
  const client = await SignalingClient.connect({ server, peerId, token, path: fastPath });
  const welcome = (await client.waitFor('welcome')) as unknown as Welcome;
  return { client, welcome };
}

test('a client that asks for the fast join gets everything to begin with in one unasked message', async () => {
  await using server = await startServer();
  await enter({ server, peerId: 'bob' });
  const { welcome } = await connectFast(server, 'alice');
  expect(welcome.routerRtpCapabilities?.codecs?.length).toBeGreaterThan(4);
  expect(welcome.peers.map(({ id }) => id)).toEqual(['bob']);
  expect(welcome.sendTransport?.id).toBeString();
  expect(welcome.recvTransport?.id).not.toBe(welcome.sendTransport?.id);
});

test('join and produce can be sent without waiting, and join brings every consumer paused', async () => {
  await using server = await startServer();
  const bob = await enter({ server, peerId: 'bob' });
  const { id: video } = await bob.client.request('produce', videoTrack(bob.sendTransport, 1));
  const { id: audio } = await bob.client.request('produce', audioTrack(bob.sendTransport, 10));
  const { client, welcome } = await connectFast(server, 'alice');
  const rtpCapabilities = welcome.routerRtpCapabilities;
  const [joined, produced] = await Promise.all([
    client.request('join', { displayName: 'Alice', rtpCapabilities }),
    client.request('produce', audioTrack(welcome.sendTransport?.id ?? '', 20)),
  ]);
  expect(joined.consumers?.map(({ producerId }) => producerId).sort()).toEqual([audio, video].sort());
  expect(produced.id).toBeString();
  const peer = server.sfu.peer('room', 'alice');
  expect([...peer.subscriptions.values()].every(({ consumer }) => consumer.paused)).toBe(true);
  await client.request('resumeConsumers', { consumerIds: joined.consumers?.map(({ id }) => id) ?? [] });
  expect([...peer.subscriptions.values()].some(({ consumer }) => consumer.paused)).toBe(false);
  // What the reply carried is not offered a second time.
  expect(client.named('newConsumer')).toEqual([]);
});

test('what is published after a fast join is offered as to everybody else', async () => {
  await using server = await startServer();
  const bob = await enter({ server, peerId: 'bob' });
  const { client, welcome } = await connectFast(server, 'alice');
  await client.request('join', { rtpCapabilities: welcome.routerRtpCapabilities });
  const { id } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1));
  expect((await client.waitFor('newConsumer')).producerId).toBe(id);
});

test('a token that may not publish or receive gets no transport for it', async () => {
  await using server = await startServer(withKeys);
  const watcher = await tokenFor('room', 'watcher', { grants: { publish: false } });
  expect((await connectFast(server, 'watcher', watcher)).welcome.sendTransport).toBeUndefined();
  const speaker = await tokenFor('room', 'speaker', { grants: { subscribe: false } });
  expect((await connectFast(server, 'speaker', speaker)).welcome.recvTransport).toBeUndefined();
});

test('a client that does not ask for the fast join notices nothing of it', async () => {
  await using server = await startServer();
  const { client } = await enter({ server, peerId: 'alice' });
  expect(client.named('welcome')).toEqual([]);
  const bob = await SignalingClient.connect({ server, peerId: 'bob' });
  expect(await bob.request('join', {})).not.toHaveProperty('consumers');
});
