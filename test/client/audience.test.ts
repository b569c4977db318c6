import { expect, setDefaultTimeout, test } from 'bun:test';
import { tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { joined, track } from './support.ts';

setDefaultTimeout(60_000);

const server = await useServer(withKeys);

/** Somebody of the library who has joined, with a token. */
async function enter(peerId: string, options: { audience?: boolean; grants?: object } = {}) {
  const { audience, grants } = options;
  const token = await tokenFor('room', peerId, { grants });
  return await joined({ server, peerId, displayName: peerId, audience, token });
}

test('who comes to listen is counted, is found when asked for, and joins the stage when letting in', async () => {
  const mona = await enter('mona', { grants: { moderate: true } });
  const alice = await enter('alice');
  const lena = await enter('lena', { grants: { publish: false } });
  const omar = await enter('omar', { audience: true });
  await until(() => mona.turnout.audience === 2, 'the audience to be counted');
  expect(mona.turnout).toEqual({ count: 4, audience: 2 });
  expect([...mona.peers.keys()]).toEqual(['alice']);
  expect([...lena.peers.keys()].sort()).toEqual(['alice', 'mona']);
  const { peers } = await mona.listAudience({ query: 'LEN' });
  expect(peers.map(({ displayName }) => displayName)).toEqual(['lena']);

  // Without reconnecting: the transport for sending is made now.
  const [permitted, met] = [lena.once('permissions'), alice.once('peerJoined', ({ id }) => id === 'lena')];
  server.sfu.setPublish({ roomId: 'room', peerId: 'lena', publish: true, by: { kind: 'admin', id: 'test' } });
  await permitted;
  await met;
  const heard = alice.once('trackAdded', ({ peer }) => peer.id === 'lena');
  await lena.publish(track('audio'), 'microphone');
  await heard;
  const seen = alice.once('trackAdded', ({ peer }) => peer.id === 'omar');
  await omar.publish(track('audio'), 'microphone');
  await seen;
  expect([...alice.peers.keys()].sort()).toEqual(['lena', 'mona', 'omar']);
  await until(() => mona.turnout.audience === 0, 'nobody being of the audience');

  const left = alice.once('peerLeft', ({ peer }) => peer.id === 'omar');
  await omar.leave();
  await left;
  await Promise.all([mona, alice, lena].map((client) => client.leave()));
});
