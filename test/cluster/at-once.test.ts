import { afterAll, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { NatsServer } from '../support/nats-server.ts';
import { seededRandom } from '../support/random.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

/** What happens on two nodes in the same moment, over a real bus. */
const ends = new AsyncDisposableStack();
const bus = ends.use(await NatsServer.start());
afterAll(() => ends.disposeAsync());

/** A room is gone with the last who is in it, and there before the first. */
const start = async (name: string): Promise<Server> =>
  ends.use(
    await startServer({
      ...withKeys,
      TUREEN_NODE: name,
      TUREEN_BUS_URL: bus.url,
      TUREEN_EMPTY_ROOM_SECONDS: '0',
    }),
  );
const [a, b] = await Promise.all([start('a'), start('b')]);
for (const server of [a, b])
  await until(() => server.mesh?.presence.living.length === 1, 'a node that knows the other one');

const random = seededRandom('two nodes at once');
const rounds = 25;
const by = { kind: 'admin', id: 'ada' } as const;
/** Where two things may come in either order, the moment is part of the test. */
const within100ms = () => Bun.sleep(random.below(100));

async function join(server: Server, roomId: string, peerId: string) {
  return await enter({ server, roomId, peerId, token: await tokenFor(roomId, peerId) });
}

/** Who is in a room as a node knows it, and where. */
function roster(server: Server, roomId: string): string[] {
  const names = ['alice', 'bob'];
  return names.flatMap((peerId) => {
    const found = server.sfu.mesh.find(roomId, peerId);
    return found ? [`${peerId} ${found.sessionId}`] : [];
  });
}

test('two nodes that open one room at once have one room, in which each sees who is on the other', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const roomId = `opened at once ${round}`;
    const [alice, bob] = await Promise.all([join(a, roomId, 'alice'), join(b, roomId, 'bob')]);
    await until(() => roster(a, roomId).length === 2 && roster(b, roomId).length === 2, 'both on both');
    expect(roster(a, roomId)).toEqual(roster(b, roomId));
    await Promise.all([alice.client.close(), bob.client.close()]);
  }
});

test('who is banned on one node and enters another one in the same tenth of a second is out in the end', async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const [roomId, peerId] = ['raced', `mallory ${round}`];
    const token = await tokenFor(roomId, peerId);
    const ban = {
      kind: 'identity',
      value: peerId,
      roomId: null,
      reason: 'spam',
      by,
      expiresAt: null,
    } as const;
    const [, client] = await Promise.all([
      within100ms().then(() => a.store.bans.add(ban)),
      within100ms().then(() => SignalingClient.connect({ server: b, roomId, peerId, token })),
    ]);
    const { code, reason } = await client.closed;
    outcomes.add(`${code} ${reason.split(':')[0]}`);
    expect(b.sfu.mesh.find(roomId, peerId)).toBeUndefined();
  }
  expect([...outcomes].sort()).toEqual(['4000 banned', '4000 removed']);
});
