import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { serverActor } from '../../src/core/actors.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, type MemberOptions } from '../support/world.ts';

setDefaultTimeout(60_000);

const together = '/signaling?roster=1&';
const listener = { audience: true };

interface Changes {
  readonly joined?: readonly { readonly id: string; readonly handRaisedAt?: number }[];
  readonly left?: readonly { readonly peerId: string; readonly reason: string }[];
  readonly changed?: readonly { readonly id: string; readonly displayName: string }[];
  readonly count: number;
  readonly audience: number;
}

const changesOf = (client: SignalingClient) => client.named('rosterChanged') as unknown as Changes[];
const joinedOf = (client: SignalingClient) =>
  changesOf(client).flatMap(({ joined = [] }) => joined.map(({ id }) => id));

/** A server whose time stands still, with somebody who takes the roster in batches. */
async function world(environment: Record<string, string> = {}) {
  const clock = new TestClock(Date.now());
  const server = await startServer({ ...withKeys, ...environment }, { clock });
  const options = async ({ grants, ...member }: Entering): Promise<MemberOptions> => ({
    server,
    path: together,
    token: await tokenFor('room', member.peerId, { grants }),
    ...member,
  });
  const come = async (entering: Entering) => await enter(await options(entering));
  const mona = await come({ peerId: 'mona', grants: { moderate: true } });
  await mona.client.waitFor('rosterChanged');
  return { server, clock, come, mona: mona.client, [Symbol.asyncDispose]: () => server.stop() };
}

type Entering = Omit<MemberOptions, 'server' | 'token'> & {
  readonly grants?: Parameters<typeof tokenFor>[2] extends infer T
    ? T extends { grants?: infer G }
      ? G
      : never
    : never;
};

const joinedCount = (server: Server) => server.sfu.read.counts().joined;

test('many who come and go are told in one message, four times a second, and the audience as a number', async () => {
  await using at = await world();
  const speakers = ['ann', 'ben', 'cleo'];
  for (const peerId of speakers) await at.come({ peerId });
  const crowd = await Promise.all(['x', 'y', 'z'].map((peerId) => at.come({ peerId, join: listener })));
  // Each has been answered, and nothing more was told: the time stands still.
  await at.mona.request('listPeers', {});
  expect(changesOf(at.mona)).toHaveLength(4);
  at.clock.advance(250);
  await until(() => changesOf(at.mona).length === 5, 'the batch');
  expect(changesOf(at.mona)[4]).toMatchObject({ count: 7, audience: 3 });
  expect(joinedOf(at.mona)).toEqual(['mona', ...speakers]);
  expect(at.mona.named('newPeer')).toBeEmpty();

  for (const { client } of crowd) await client.close();
  await until(() => joinedCount(at.server) === 4, 'the audience to be gone');
  at.clock.advance(250);
  await until(() => changesOf(at.mona).length === 6, 'the count');
  expect(changesOf(at.mona)[5]).toEqual({ count: 4, audience: 0 });
});

test('the reply of join has those on stage and a page of the audience, which is paged and searched', async () => {
  await using at = await world();
  for (let index = 1; index <= 28; index += 1) await at.come({ peerId: `fan ${index}`, join: listener });
  const late = await at.come({ peerId: 'late', join: { stayOutside: true } });
  const reply = await late.client.request('join', {});
  expect(reply.peers.map(({ id }) => id)).toEqual(['mona']);
  expect(reply).toMatchObject({ count: 30, audience: 28 });
  expect(reply.audiencePage?.peers).toHaveLength(25);
  const rest = await late.client.request('listPeers', { after: reply.audiencePage?.next });
  expect(rest.peers.map(({ id }) => id)).toEqual(['fan 26', 'fan 27', 'fan 28']);
  expect(rest.next).toBeUndefined();
  const found = await late.client.request('listPeers', { query: 'FAN 2', limit: 3 });
  expect(found.peers.map(({ id }) => id)).toEqual(['fan 2', 'fan 20', 'fan 21']);
  // Who was the last of a page may have gone since.
  at.server.sfu.room('room').removePeer(at.server.sfu.peer('room', 'fan 21'), 'left');
  const more = await late.client.request('listPeers', { query: 'fan 2', after: found.next, limit: 2 });
  expect(more.peers.map(({ id }) => id)).toEqual(['fan 22', 'fan 23']);
});

test('who may moderate is known to all, also one that only watches', async () => {
  await using at = await world();
  const bob = await at.come({ peerId: 'bob' });
  const grants = { moderate: true, publish: false };
  await at.come({ peerId: 'watcher', grants, join: listener });
  await bob.client.waitFor('rosterChanged', ({ joined }) => JSON.stringify(joined).includes('watcher'));
  expect(at.server.sfu.room('room').turnout).toEqual({ count: 3, audience: 0 });
});

test('one of the audience becomes known by a hand, by a moderator, and by what it publishes', async () => {
  await using at = await world();
  const lena = await at.come({ peerId: 'lena', grants: { publish: false } });
  const omar = await at.come({ peerId: 'omar', grants: { publish: false } });
  const nora = await at.come({ peerId: 'nora', join: listener });
  const listed = async (name: string) => {
    at.clock.advance(250);
    await until(() => joinedOf(at.mona).includes(name), `${name} being listed`);
  };
  expect(joinedOf(at.mona)).toEqual(['mona']);

  await lena.client.request('raiseHand', {});
  await listed('lena');
  expect(await lena.client.waitFor('peerHand')).toMatchObject({ peerId: 'lena' });
  at.server.sfu.setPublish({ roomId: 'room', peerId: 'omar', publish: true, by: serverActor });
  await listed('omar');
  await omar.client.request('produce', audioTrack(omar.sendTransport, 1000));
  await nora.client.request('produce', audioTrack(nora.sendTransport, 2000));
  // At once, however short ago the last message was: what it publishes is offered after it.
  await at.mona.waitFor('newConsumer', ({ peerId }) => peerId === 'nora');
  const names = at.mona.events.flatMap(({ method, data }) => {
    const { joined = [] } = data as unknown as Changes;
    if (method === 'newConsumer') return [`offer of ${data.peerId}`];
    return method === 'rosterChanged' ? joined.map(({ id }) => id) : [];
  });
  expect(names.indexOf('nora')).toBeLessThan(names.indexOf('offer of nora'));
  expect(names.filter((name) => name === 'nora')).toHaveLength(1);
  expect(changesOf(at.mona).at(-1)).toMatchObject({ count: 4, audience: 0 });
});

test('clients that are told of each peer learn of a small audience, and of a large one only who is on stage', async () => {
  await using at = await world({ TUREEN_ANNOUNCED_AUDIENCE: '3' });
  const path = '/signaling';
  const olga = await at.come({ peerId: 'olga', path });
  const early = await at.come({ peerId: 'early', path, join: listener });
  const late = await at.come({ peerId: 'late', path, join: listener });
  await at.come({ peerId: 'speaker', path });
  await olga.client.waitFor('newPeer', ({ id }) => id === 'speaker');
  expect(olga.client.named('newPeer').map(({ id }) => id)).toEqual(['early', 'speaker']);
  expect(olga.client.named('rosterChanged')).toBeEmpty();

  const other = await at.come({ peerId: 'other', path, join: { stayOutside: true } });
  const { peers, count } = await other.client.request('join', {});
  expect(peers.map(({ id }) => id).sort()).toEqual(['early', 'mona', 'olga', 'speaker']);
  expect(count).toBeUndefined();
  await late.client.close();
  await early.client.close();
  await olga.client.waitFor('peerLeft', ({ peerId }) => peerId === 'early');
  expect(olga.client.named('peerLeft').map(({ peerId }) => peerId)).toEqual(['early']);
});

test('a change is told with the whole description, and to a client whose socket was cut when it is back', async () => {
  await using at = await world();
  const path = '/signaling?roster=1&resume=1&';
  const rita = await at.come({ peerId: 'rita', path });
  const { ticket } = await rita.client.waitFor('resumeTicket');
  const ann = await at.come({ peerId: 'ann' });
  at.clock.advance(250);
  await rita.client.waitFor('rosterChanged', (data) =>
    ((data as unknown as Changes).joined ?? []).some(({ id }) => id === 'ann'),
  );
  const seen = rita.client.frames.all.length;
  await rita.client.cut();
  await until(() => at.server.sfu.peer('room', 'rita').absence !== undefined, 'the server to notice');
  await ann.client.request('changeDisplayName', { displayName: 'Anna' });
  at.clock.advance(250);
  await at.mona.waitFor('rosterChanged', ({ changed }) => changed !== undefined);
  const back = await SignalingClient.connect({
    server: at.server,
    peerId: 'rita',
    ticket: String(ticket),
    path: `${path}received=${seen}&`,
  });
  const missed = await back.waitFor('rosterChanged');
  expect((missed as unknown as Changes).changed).toMatchObject([{ id: 'ann', displayName: 'Anna' }]);
  // From now on over the new socket, once.
  await ann.client.request('changeDisplayName', { displayName: 'Annie' });
  at.clock.advance(250);
  await back.waitFor('rosterChanged', (data) =>
    ((data as unknown as Changes).changed ?? []).some(({ displayName }) => displayName === 'Annie'),
  );
  expect(changesOf(back).flatMap(({ changed = [] }) => changed)).toHaveLength(2);
});

test('moderators are told what somebody may not do once they know of them, and of the audience nothing', async () => {
  await using at = await world();
  await at.come({ peerId: 'lena', grants: { publish: false } });
  await at.come({ peerId: 'sam', grants: { publish: ['audio'] } });
  at.clock.advance(250);
  await at.mona.waitFor('peerRestrictions');
  const order = at.mona.events
    .map(({ method }) => method)
    .filter((name) => ['rosterChanged', 'peerRestrictions'].includes(name));
  // Herself, one more who is counted, and Sam.
  expect(order).toEqual(['rosterChanged', 'rosterChanged', 'rosterChanged', 'peerRestrictions']);
  expect(at.mona.named('peerRestrictions')).toMatchObject([{ peerId: 'sam', publish: ['audio'] }]);
});
