import { expect, setDefaultTimeout, test } from 'bun:test';
import { BusMesh } from '../support/bus-mesh.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter, type WorldOptions } from '../support/world.ts';

setDefaultTimeout(60_000);

const message = { topic: 'seat', data: { seat: 7 } };

test('a message reaches those it names and nobody else; who may not, cannot or does not get it is named', async () => {
  await using server = await startServer(withKeys);
  const come = async (peerId: string, grants: WorldOptions['grants'] = {}, native = true) =>
    (await enter({ server, peerId, native, token: await tokenFor('room', peerId, { grants }) })).client;
  const [alice, bob, carol] = [await come('alice'), await come('bob'), await come('carol')];
  const deaf = await come('deaf', { subscribe: false });
  const hidden = await come('hidden', { hidden: true, publish: false });
  const old = await come('old', {}, false);
  const to = ['bob', 'bob', 'deaf', 'hidden', 'old', 'nobody', 'alice'];
  expect(await alice.request('sendMessage', { to, message })).toEqual({
    missing: ['deaf', 'hidden', 'old', 'nobody', 'alice'],
    busy: [],
  });
  expect(await bob.waitFor('peerMessage')).toEqual({ peerId: 'alice', message });
  await alice.request('sendMessage', { to: ['carol'], message: { topic: 'last' } });
  expect(await carol.waitFor('peerMessage')).toEqual({ peerId: 'alice', message: { topic: 'last' } });
  const heard = ({ events }: SignalingClient) =>
    events.filter(({ method }) => method === 'peerMessage').length;
  expect([alice, bob, carol, deaf, hidden, old].map(heard)).toEqual([0, 1, 1, 0, 0, 0]);
  // A moderator who stops somebody ends this way to be heard, too.
  const by = { kind: 'moderator', id: 'mona' } as const;
  server.sfu.setPublish({ roomId: 'room', peerId: 'alice', publish: false, by });
  await expect(alice.request('sendMessage', { to: ['bob'], message })).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('nobody is flooded with messages, and a cut client finds those that it missed', async () => {
  const clock = new TestClock();
  await using server = await startServer({ TUREEN_MESSAGES_PER_SECOND: '100000' }, { clock });
  const path = '/signaling?resume=1&';
  const { client: alice } = await enter({ server, peerId: 'alice' });
  const { client: bob } = await enter({ server, peerId: 'bob', path });
  const { ticket } = await bob.waitFor('resumeTicket');
  const send = (size: number) =>
    alice.request('sendMessage', { to: ['bob'], message: { data: 'x'.repeat(size) } });
  /** How many pass before the first one that does not. */
  const passing = async (size: number) => {
    let count = 0;
    while ((await send(size)).busy.length === 0 && count < 1000) count += 1;
    return count;
  };
  expect(await passing(16_000)).toBe(5);
  clock.advance(5000);
  expect(await passing(10)).toBe(160);

  // All that others may write while it is away for as long as it may be is kept for it.
  await bob.cut();
  const received = bob.frames.all.length;
  await until(() => server.sfu.peer('room', 'bob').absence !== undefined, 'the server to notice');
  let kept = 0;
  for (let second = 0; second < 19; second += 1) {
    clock.advance(1000);
    kept += await passing(second % 2 ? 10 : 16_000);
  }
  const back = await SignalingClient.connect({
    ...{ server, peerId: 'bob', ticket: String(ticket) },
    path: `${path}received=${received}&`,
  });
  expect(await back.waitFor('resumed')).toMatchObject({ missed: false });
  await until(() => back.named('peerMessage').length === kept, 'the messages that were kept');
  expect(kept).toBeGreaterThan(200);
});

test('a message crosses the mesh to the node of its peer only, in its order', async () => {
  await using mesh = await BusMesh.of(['a', 'b', 'c']);
  const at = async (node: string, peerId: string) =>
    (await enter({ server: mesh.server(node), peerId, join: { autoSubscribe: false } })).client;
  const [alice, bob, carol] = [await at('a', 'alice'), await at('b', 'bob'), await at('c', 'carol')];
  for (const peerId of ['bob', 'carol']) await alice.waitFor('newPeer', ({ id }) => id === peerId);
  await until(() => mesh.server('b').sfu.room('room').turnout.count === 3, 'everyone to be known');
  const asked: string[] = [];
  for (const node of ['b', 'c']) {
    const { mesh: domain } = mesh.server(node).sfu;
    const answer = domain.answer.bind(domain);
    domain.answer = (from, name, data) => {
      asked.push(`${node} ${name}`);
      return answer(from, name, data);
    };
  }
  for (const data of [1, 2, 3])
    expect(await alice.request('sendMessage', { to: ['bob', 'nobody'], message: { data } })).toEqual({
      missing: ['nobody'],
      busy: [],
    });
  await bob.waitFor('peerMessage', ({ message }) => (message as { data: number }).data === 3);
  const heard = bob.events.filter(({ method }) => method === 'peerMessage').map(({ data }) => data);
  expect(heard).toEqual([1, 2, 3].map((data) => ({ peerId: 'alice', message: { data } })));
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'b message'));
  await bob.request('sendMessage', { to: ['carol', 'alice'], message: { answers: 'x' } });
  for (const client of [carol, alice])
    expect(await client.waitFor('peerMessage')).toEqual({ peerId: 'bob', message: { answers: 'x' } });
});
