import { afterEach, describe, expect, test } from 'bun:test';
import { createHeadlessClient, createRtpTrack } from '../../client/headless.ts';
import type { TureenClient } from '../../client/index.ts';
import { serverActor } from '../../src/core/actors.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { replaceWorker } from '../support/workers.ts';
import { stateOf } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

const server = await useServer();
const clients: TureenClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});

/** A client with real data channels, and what is written to it. */
async function enter(peerId: string, url = `http://127.0.0.1:${server.port}`) {
  const timing = { backoff: { first: 20, max: 100 } };
  const client = createHeadlessClient({ url, roomId: 'room', peerId, displayName: peerId, timing });
  clients.push(client);
  const heard: string[] = [];
  client.on('chat', ({ text }) => heard.push(text));
  await client.join();
  return { client, heard };
}

const ten = Array.from({ length: 10 }, (_, index) => `message ${index}`);

describe('messages to everyone', () => {
  test('arrive in their order, from the first one that is ever written', async () => {
    const [alice, bob, carol] = [await enter('alice'), await enter('bob'), await enter('carol')];
    await Promise.all(ten.map((text) => alice.client.sendChat(text)));
    await until(() => bob.heard.length === 10 && carol.heard.length === 10, 'all messages');
    expect(bob.heard).toEqual(ten);
    expect(carol.heard).toEqual(ten);
  });

  test('arrive at a peer that has just come, from the moment when the sender sees it', async () => {
    const alice = await enter('alice');
    await alice.client.sendChat('to nobody');
    const sent: Promise<void>[] = [];
    alice.client.on('peerJoined', () => sent.push(alice.client.sendChat('welcome')));
    const bob = await enter('bob');
    await until(() => sent.length === 1, 'the greeting');
    await Promise.all(sent);
    await until(() => bob.heard.length > 0, 'the greeting having arrived');
    expect(bob.heard).toEqual(['welcome']);
  });

  test('written while the connection is down arrive when it is back', async () => {
    using relay = new TcpRelay(server);
    const [alice, bob] = [await enter('alice', relay.url), await enter('bob')];
    await alice.client.sendChat('before');
    relay.cut();
    await stateOf(alice.client, 'reconnecting');
    const sending = Promise.all(['one', 'two', 'three'].map((text) => alice.client.sendChat(text)));
    relay.restore();
    await sending;
    await until(() => bob.heard.length === 4, 'all messages');
    expect(bob.heard).toEqual(['before', 'one', 'two', 'three']);
  });

  test('written while the media of all is lost arrive when it is back', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    await alice.client.sendChat('before');
    await until(() => bob.heard.length === 1, 'the first message');
    const rejoining = stateOf(alice.client, 'rejoining');
    const replaced = replaceWorker(server);
    await rejoining;
    await alice.client.sendChat('after');
    await replaced;
    await until(() => bob.heard.length === 2, 'the second message');
    expect(bob.heard).toEqual(['before', 'after']);
  });

  test('that are too large, or too many, are refused with what to do', async () => {
    const alice = await enter('alice');
    const channel = await alice.client.openChannel('files');
    await expect(channel.send('x'.repeat(300_000))).rejects.toMatchObject({ code: 'too_large' });
    await expect(channel.send(new Uint8Array(300_000))).rejects.toMatchObject({ code: 'too_large' });
    await channel.send('small');
  });

  test('wait only in a bounded number, and are refused when the call ends', async () => {
    const client = createHeadlessClient({ url: `http://127.0.0.1:${server.port}`, roomId: 'room' });
    const channel = await client.openChannel('notes');
    const waiting = Array.from({ length: 256 }, () => channel.send('note'));
    await expect(channel.send('one more')).rejects.toMatchObject({ code: 'limit_reached' });
    await client.leave();
    const ends = await Promise.allSettled(waiting);
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await expect(channel.send('late')).rejects.toMatchObject({ code: 'left' });
    await expect(client.openChannel('more')).rejects.toMatchObject({ code: 'not_joined' });
  });

  test('over a channel that may lose them are sent at once, and their delivery is not promised', async () => {
    const alice = await enter('alice');
    const cursor = await alice.client.openChannel('cursor', { maxRetransmits: 0 });
    await cursor.send('here');
    await expect(cursor.deliver('here')).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('are refused to a sender who may not publish any more, who is told so', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    await alice.client.sendChat('allowed');
    await until(() => bob.heard.length === 1, 'the first message');
    server.sfu.setPublish({ roomId: 'room', peerId: 'alice', publish: false, by: serverActor });
    await until(async () => {
      const error = await alice.client.sendChat('forbidden').catch(({ code }: { code: string }) => code);
      return error === 'forbidden';
    }, 'the refusal');
    expect(bob.heard).toEqual(['allowed']);
  });

  test('arrive on every worker over which a room is spread', async () => {
    await using wide = await startServer({ TUREEN_WORKERS: '2', TUREEN_ROOM_CONSUMERS_PER_WORKER: '1' });
    const url = `http://127.0.0.1:${wide.port}`;
    const [alice, bob, carol] = [
      await enter('alice', url),
      await enter('bob', url),
      await enter('carol', url),
    ];
    await bob.client.publish(createRtpTrack('audio').track, 'microphone');
    await until(
      () => [...alice.client.peers.values()].some(({ tracks }) => tracks.size > 0),
      'the voice of Bob',
    );
    const dave = await enter('dave', url);
    const workers = wide.sfu.snapshot().rooms[0]?.peers.map(({ worker }) => worker);
    expect(new Set(workers).size).toBe(2);
    await Promise.all(ten.map((text) => alice.client.sendChat(text)));
    const everyone = [bob, carol, dave];
    await until(() => everyone.every(({ heard }) => heard.length === 10), 'all messages');
    for (const { heard } of everyone) expect(heard).toEqual(ten);
    await Promise.all(clients.splice(0).map((client) => client.leave()));
  });
});
