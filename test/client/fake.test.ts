import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type FakeBrowser, FakeServer, fakeBrowser, fakeTrack } from '../../client/fake.ts';
import { ClientError, PeerMessages, TureenClient } from '../../client/index.ts';
import { until } from '../support/until.ts';
import { other, stateOf } from './support.ts';

let server: FakeServer;
let browser: FakeBrowser;
const clients: TureenClient[] = [];

beforeEach(() => {
  server = new FakeServer();
  browser = fakeBrowser();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
  browser.restore();
});

async function enter(peerId: string, grants = {}) {
  const client = await server.join({ roomId: 'kitchen', peerId, displayName: peerId }, grants);
  clients.push(client);
  return client;
}

describe('clients of the fake server', () => {
  test('are those of the library, and meet in its rooms', async () => {
    const alice = await enter('alice', { metadata: { seat: 7 } });
    expect(alice).toBeInstanceOf(TureenClient);
    const arriving = alice.once('peerJoined');
    const bob = await enter('bob');
    expect((await arriving).displayName).toBe('bob');
    expect(other(bob)).toMatchObject({ id: 'alice', displayName: 'alice', metadata: { seat: 7 } });
    const changing = bob.once('attributes');
    await alice.setAttributes({ mood: 'calm' });
    expect(await changing).toEqual({ peerId: 'alice', attributes: { mood: 'calm' } });
    const renaming = bob.once('peerChanged', ({ displayName }) => displayName === 'Alice Adams');
    await alice.setDisplayName('Alice Adams');
    await renaming;
    const raising = bob.once('hand');
    await alice.raiseHand();
    expect(await raising).toEqual({ peerId: 'alice', raised: true });
    const leaving = alice.once('peerLeft');
    await bob.leave();
    expect(await leaving).toMatchObject({ peer: { id: 'bob' }, reason: 'left' });
  });

  test('send tracks, pause them, and end them', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const arriving = bob.once('trackAdded');
    const judging = alice.once('quality');
    const camera = await alice.publishCamera();
    const { track, peer } = await arriving;
    expect([peer.id, track.source, track.kind, track.muted]).toEqual(['alice', 'camera', 'video', false]);
    expect(await judging).toMatchObject({ peerId: 'alice', quality: { level: 'good' } });
    const muting = bob.once('trackChanged');
    await camera.pause();
    expect((await muting).track.muted).toBe(true);
    // Who comes later gets what there is.
    const carol = await enter('carol');
    await until(() => carol.peers.get('alice')?.track('camera')?.muted === true, 'the paused camera');
    const ending = bob.once('trackRemoved');
    await camera.close();
    expect((await ending).track).toBe(track);
    const sound = bob.once('trackAdded');
    await alice.publish(fakeTrack('audio'), 'microphone');
    expect((await sound).track.source).toBe('microphone');
  });

  test('write to all, and to some', async () => {
    const [alice, bob, carol] = [await enter('alice'), await enter('bob'), await enter('carol')];
    const chats = [bob, carol].map((client) => client.once('chat'));
    await alice.sendChat('soup?');
    expect((await Promise.all(chats)).map(({ text, peer }) => `${peer.id}: ${text}`)).toEqual([
      'alice: soup?',
      'alice: soup?',
    ]);
    const data = bob.once('data');
    await (await alice.openChannel('cursor')).send(new Uint8Array([1, 2]).buffer);
    expect(new Uint8Array((await data).data as ArrayBuffer)).toEqual(new Uint8Array([1, 2]));
    const [asking, answering] = [new PeerMessages(alice), new PeerMessages(bob)];
    answering.handle('double', (number) => Number(number) * 2);
    expect(await asking.request('bob', 'double', 21)).toBe(42);
    await expect(asking.request('dave', 'double')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('moderate, and are refused what they may not do', async () => {
    const mona = await enter('mona', { moderate: true });
    const alice = await enter('alice');
    const microphone = await alice.publishMicrophone();
    await expect(alice.lockRoom()).rejects.toMatchObject({ code: 'forbidden' });
    const held = alice.once('publicationChanged', ({ held }) => held);
    expect(await mona.muteAll()).toBe(1);
    await held;
    await expect(microphone.resume()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await mona.allowAll()).toBe(1);
    await mona.stopPublishing('alice');
    await expect(alice.publishCamera()).rejects.toMatchObject({ code: 'forbidden' });
    await mona.lockRoom();
    await expect(server.join({ roomId: 'kitchen' })).rejects.toMatchObject({ code: 'room_locked' });
    const ended = stateOf(alice, 'ended');
    await mona.removePeer('alice', { reason: 'too loud' });
    expect(await ended).toMatchObject({ code: 'removed', message: 'too loud' });
  });

  test('see what a test makes happen: who speaks, what is said of them, lost connections, refusals', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const hearing = [bob.once('activeSpeaker'), bob.once('speaking')] as const;
    server.speak('kitchen', 'alice');
    expect(await Promise.all(hearing)).toEqual([{ peerId: 'alice' }, { peerId: 'alice', speaking: true }]);
    const metadata = bob.once('metadata');
    server.setMetadata('kitchen', 'alice', { role: 'chair' });
    expect((await metadata).metadata).toEqual({ role: 'chair' });
    const notice = bob.once('notice');
    server.notice('kitchen', 'five minutes');
    expect(await notice).toEqual({ message: 'five minutes' });

    const arriving = bob.once('trackAdded');
    await alice.publishCamera();
    await arriving;
    const again = bob.once('trackAdded');
    server.cut('kitchen', 'alice');
    await stateOf(alice, 'reconnecting');
    await stateOf(alice, 'joined');
    expect((await again).peer.id).toBe('alice');
    server.refusal = new ClientError('room_full', 'the room has 2 peers');
    const refused = server.join({ roomId: 'kitchen' });
    await expect(refused).rejects.toMatchObject({ code: 'room_full', message: 'the room has 2 peers' });
    const removed = stateOf(bob, 'ended');
    server.remove('kitchen', 'bob');
    expect((await removed)?.code).toBe('removed');
    const closed = stateOf(alice, 'ended');
    server.closeRoom('kitchen');
    expect((await closed)?.code).toBe('room_closed');
  });
});

test('the devices of a fake browser are chosen, refused, and pulled out', async () => {
  browser.plug({ kind: 'videoinput', deviceId: 'second', label: 'Second camera' });
  const alice = await enter('alice');
  const camera = await alice.publishCamera();
  expect(camera.track.label).toBe('Fake camera');
  await alice.switchDevice('camera', 'second');
  expect(camera.track.label).toBe('Second camera');
  const ending = alice.once('publicationEnded');
  browser.unplug('second');
  expect((await ending).reason).toBe('unplugged');
  browser.allow(false);
  await expect(alice.publishMicrophone()).rejects.toMatchObject({ code: 'permission_denied' });
  browser.allow(true);
  const { video } = await alice.publishScreen();
  expect(video.source).toBe('screen');
});

test('every element is in view of a fake browser, for it has no layout', async () => {
  const browser = fakeBrowser();
  const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
  new IntersectionObserver(([entry]) => resolve(entry?.isIntersecting)).observe({} as Element);
  expect(await promise).toBe(true);
  browser.restore();
});
