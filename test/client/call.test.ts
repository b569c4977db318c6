import { describe, expect, test } from 'bun:test';
import type { FakeTrack } from '../../client/fake-track.ts';
import { Commands } from '../../src/commands/commands.ts';
import { until } from '../support/until.ts';
import { clientOf, other, stateOf, track, useClients } from './support.ts';

const { server, enter, oneTrack } = await useClients();

describe('joining', () => {
  test('peers learn of each other, by name and device, and of leaving with its reason', async () => {
    const alice = await enter('alice', { device: { flag: 'test', name: 'Test', version: '1' } });
    const arriving = alice.once('peerJoined');
    const bob = await enter('bob');
    expect((await arriving).displayName).toBe('bob');
    expect(other(bob)).toMatchObject({ id: 'alice', displayName: 'alice', device: { flag: 'test' } });
    const leaving = alice.once('peerLeft');
    await bob.leave();
    expect(await leaving).toMatchObject({ peer: { id: 'bob' }, reason: 'left' });
    expect(alice.peers.size).toBe(0);
    expect(bob.state).toBe('ended');
  });

  test('a new name reaches the others', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const changing = bob.once('peerChanged');
    await alice.setDisplayName('Alice Adams');
    expect((await changing).displayName).toBe('Alice Adams');
    expect(alice.displayName).toBe('Alice Adams');
  });

  test('what the application says of a peer reaches everyone, itself and those who come later', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    expect(other(bob).metadata).toEqual({});
    const metadata = { seat: 7 };
    const telling = [alice, bob].map((client) => client.once('metadata'));
    const changing = bob.once('peerChanged');
    const by = { kind: 'api', id: 'seating' } as const;
    server.sfu.setPeerMetadata({ roomId: 'room', peerId: 'alice', metadata, by });
    expect(await Promise.all(telling)).toEqual([
      { peerId: 'alice', metadata },
      { peerId: 'alice', metadata },
    ]);
    expect(await changing).toMatchObject({ id: 'alice', metadata });
    const carol = await enter('carol');
    expect(carol.peers.get('alice')?.metadata).toEqual(metadata);
  });

  test('what a peer says of itself reaches everyone and those who come later, and a moderator changes it', async () => {
    const alice = await enter('alice', { attributes: { seat: '7', mood: 'calm' } });
    const bob = await enter('bob');
    expect(other(bob).attributes).toEqual({ seat: '7', mood: 'calm' });
    const telling = [alice, bob].map((client) => client.once('attributes'));
    await alice.setAttributes({ mood: null, table: '2' });
    const attributes = { seat: '7', table: '2' };
    expect(await Promise.all(telling)).toEqual([
      { peerId: 'alice', attributes },
      { peerId: 'alice', attributes },
    ]);
    expect([alice.attributes, other(bob).attributes]).toEqual([attributes, attributes]);

    // The server has the last word: of a moderator's change the peer itself is told, too.
    const told = alice.once('attributes');
    const by = { kind: 'moderator', id: 'mona' } as const;
    const commands = new Commands(server.sfu, server.store);
    await commands.setPeerAttributes({ roomId: 'room', peerId: 'alice', changes: { seat: '1' }, by });
    expect((await told).attributes).toEqual({ seat: '1', table: '2' });
    await expect(bob.setPeerAttributes('alice', { seat: '9' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(alice.setAttributes({ text: 'x'.repeat(5000) })).rejects.toMatchObject({
      code: 'limit_reached',
    });

    // Lost media does not take them away.
    server.sfu.moveRoom({ roomId: 'room', workerIndex: 0 });
    await stateOf(alice, 'rejoining');
    await stateOf(alice, 'joined');
    expect(alice.attributes).toEqual({ seat: '1', table: '2' });
    const carol = await enter('carol');
    expect(carol.peers.get('alice')?.attributes).toEqual({ seat: '1', table: '2' });
  });

  test('a server that cannot be reached is told as such, in a sentence that says what to do', async () => {
    const client = clientOf({ server, url: 'http://127.0.0.1:9', timing: { joinTimeout: 100 } });
    await expect(client.join()).rejects.toMatchObject({ code: 'unreachable' });
    await stateOf(client, 'ended');
    await expect(client.join()).rejects.toMatchObject({ code: 'wrong_state' });
  });

  test('an id that the server would not take, and a token that cannot be one, are refused at once', async () => {
    expect(() => clientOf({ server, roomId: '' })).toThrow('a room id has 1 to 128 characters');
    expect(() => clientOf({ server, peerId: 'a  b' })).toThrow('a peer id has 1 to 128 characters');
    const client = clientOf({ server, token: 'not a token' });
    await expect(client.join()).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('the same peer that connects again replaces the older connection, which is told why', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const ended = stateOf(alice, 'ended');
    const left = bob.once('peerLeft');
    await enter('alice');
    expect(await ended).toMatchObject({ code: 'replaced' });
    await until(() => !other(bob).away, 'alice being back');
    await bob.leave();
    // Bob saw the same Alice all the time; what he is told of is that he leaves.
    expect((await left).reason).toBe('left');
  });
});

describe('speaking', () => {
  test('who is heard, how loud, and that nobody is any more', async () => {
    const alice = await enter('alice');
    const [levels, speaker] = [alice.once('levels'), alice.once('activeSpeaker')];
    const volumes = [{ peerId: 'bob', producerId: 'voice', volume: -30 }];
    server.sfu.events.emit('speakingPeers', { roomId: 'room', volumes });
    server.sfu.events.emit('activeSpeaker', { roomId: 'room', peerId: 'bob', volume: -30 });
    expect(await levels).toEqual([{ peerId: 'bob', volume: -30 }]);
    expect(await speaker).toEqual({ peerId: 'bob' });
    const silence = alice.once('activeSpeaker');
    server.sfu.events.emit('activeSpeaker', { roomId: 'room', peerId: null, volume: null });
    expect(await silence).toEqual({ peerId: null });
  });

  test('each peer knows whether it is heard, ourselves too, and each change is told once', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const told: unknown[] = [];
    alice.on('speaking', (change) => told.push(change));
    const heard = async (...peerIds: string[]) => {
      const levels = alice.once('levels');
      const volumes = peerIds.map((peerId) => ({ peerId, producerId: peerId, volume: -30 }));
      server.sfu.events.emit('speakingPeers', { roomId: 'room', volumes });
      await levels;
    };
    await heard('bob', 'alice');
    await heard('alice', 'bob');
    expect(told.splice(0)).toEqual([
      { peerId: 'bob', speaking: true },
      { peerId: 'alice', speaking: true },
    ]);
    expect([other(alice).speaking, alice.speaking]).toEqual([true, true]);
    await heard('alice');
    expect(told.splice(0)).toEqual([{ peerId: 'bob', speaking: false }]);
    expect([other(alice).speaking, alice.speaking]).toEqual([false, true]);
    // Whose call is over hears nobody.
    await alice.leave();
    expect(alice.speaking).toBe(false);
    expect(told).toEqual([{ peerId: 'alice', speaking: false }]);
    await bob.leave();
  });
});

describe('publishing', () => {
  test('a track arrives with its source, and its end with a reason', async () => {
    const { bob, publication, received } = await oneTrack();
    expect(received).toMatchObject({ kind: 'video', source: 'camera', peerId: 'alice', muted: false });
    expect(other(bob).track('camera')).toBe(received);
    const removing = bob.once('trackRemoved');
    await publication.close();
    expect(await removing).toMatchObject({ track: received, reason: 'producer_closed' });
    expect(received.ended).toBe(true);
    expect(other(bob).tracks.size).toBe(0);
  });

  test('a screen and its sound are told from a camera and a microphone', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    await alice.publish(track('video'), 'screen');
    await alice.publish(track('audio'), 'screenAudio');
    await until(() => other(bob).tracks.size === 2, 'two tracks');
    expect([...other(bob).tracks].map(({ source }) => source).sort()).toEqual(['screen', 'screenAudio']);
    expect(server.sfu.peer('room', 'alice').publications.values().next().value?.info.source).toBe('screen');
  });

  test('muting reaches the others and the track itself, and so does the end of it', async () => {
    const { bob, publication, received } = await oneTrack('audio');
    await publication.pause();
    await until(() => received.muted, 'muted');
    expect(publication.track.enabled).toBe(false);
    const changing = bob.once('trackChanged');
    await publication.resume();
    await changing;
    expect(received.muted).toBe(false);
    expect(publication.track.enabled).toBe(true);
  });

  test('a publication that begins muted is muted for the others from the start', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const arriving = bob.once('trackAdded');
    await alice.publish(track('audio'), 'microphone', { paused: true });
    expect((await arriving).track.muted).toBe(true);
  });

  test('another track takes the place of the first, and what was opened by the client is stopped', async () => {
    const { publication, received } = await oneTrack();
    const first = publication.track;
    const second = track('video');
    await publication.replaceTrack(second);
    expect(publication.track).toBe(second);
    expect(publication.producer?.track).toBe(second);
    expect(received.ended).toBe(false);
    // The application opened it, so it is the application's to stop.
    expect(first.readyState).toBe('live');
    await expect(publication.replaceTrack(track('audio'))).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('an unplugged device ends its publication and says so', async () => {
    const { alice, bob, publication } = await oneTrack();
    const [ended, removed] = [alice.once('publicationEnded'), bob.once('trackRemoved')];
    (publication.track as unknown as FakeTrack).end();
    expect(await ended).toEqual({ publication, reason: 'unplugged' });
    expect((await removed).reason).toBe('producer_closed');
    expect(alice.publications.size).toBe(0);
  });

  test('pausing with release closes the device, and resuming opens it again', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const reopen = async () => track('video');
    const publication = await alice.publish(track('video'), 'camera', { reopen });
    await until(() => other(bob).tracks.size === 1, 'the camera');
    await publication.pause({ release: true });
    expect(publication.released).toBe(true);
    expect(publication.ended).toBe(false);
    await publication.resume();
    expect(publication.released).toBe(false);
    expect(publication.producer?.track).toBe(publication.track);
    await until(() => other(bob).track('camera')?.muted === false, 'the camera being on');
  });
});

describe('receiving', () => {
  test('the estimate of the downlink reaches a client that asked for it', async () => {
    const alice = await enter('alice', { bandwidthEstimate: true });
    const told = alice.once('bandwidth');
    const peer = server.sfu.peer('room', 'alice');
    const [receiving = ''] = [...peer.transports].flatMap(([id, { consuming }]) => (consuming ? [id] : []));
    const info = { availableBitrate: 900_000, desiredBitrate: 1_200_000, effectiveDesiredBitrate: 0 };
    // There is no media here that could be estimated, so the worker's message is made.
    peer
      .webRtcTransport(receiving)
      .transport.emit('trace', { type: 'bwe', timestamp: 0, direction: 'out', info });
    expect(await told).toEqual({ available: 900_000, desired: 1_200_000 });
  });

  test('layers, priority, key frame and pause reach the server', async () => {
    const { received } = await oneTrack();
    const consumer = () =>
      [...server.sfu.peer('room', 'bob').subscriptions.values()].find(
        ({ consumer: { id } }) => id === received.id,
      )?.consumer;
    await until(() => consumer()?.paused === false, 'the consumer running');
    expect(received).toMatchObject({ type: 'simulcast', layerCounts: { spatial: 3, temporal: 3 } });
    await received.setPreferredLayers({ spatialLayer: 1, temporalLayer: 0 });
    expect(consumer()?.preferredLayers).toEqual({ spatialLayer: 1, temporalLayer: 0 });
    await received.setAutomaticLayers();
    expect(consumer()?.preferredLayers).toEqual({ spatialLayer: 2, temporalLayer: 2 });
    await received.setPriority(200);
    expect(consumer()?.priority).toBe(200);
    await received.requestKeyFrame();
    await received.pause();
    expect(consumer()?.paused).toBe(true);
    await received.resume();
    expect(consumer()?.paused).toBe(false);
    await received.close();
    expect(consumer()).toBeUndefined();
  });

  test('who subscribes by choice is told of publications, and receives those that it asks for', async () => {
    const alice = await enter('alice');
    const early = await alice.publish(track('audio'), 'microphone');
    const bob = await enter('bob', { autoSubscribe: false });
    expect([...other(bob).publications.keys()]).toEqual([early.producerId ?? '']);
    const added = bob.once('publicationAdded');
    const camera = await alice.publish(track('video'), 'camera');
    const { publication } = await added;
    expect(publication).toMatchObject({ producerId: camera.producerId, kind: 'video', source: 'video' });
    expect(other(bob).tracks.size).toBe(0);
    const received = await bob.subscribe(publication.producerId);
    expect(other(bob).track('camera')).toBe(received);
    await expect(bob.subscribe('unknown')).rejects.toMatchObject({ code: 'not_found' });
    const removed = bob.once('publicationRemoved');
    await camera.close();
    expect((await removed).publication.producerId).toBe(publication.producerId);
    await until(() => received.ended, 'the end of the track');
  });
});
