import { expect, setDefaultTimeout, test } from 'bun:test';
import { RawSocket } from '../support/raw-socket.ts';
import { startServer } from '../support/server.ts';
import type { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const idleSeconds = 8;
const environment = { TUREEN_IDLE_SECONDS: `${idleSeconds}`, TUREEN_CONTROLLER_GRACE_SECONDS: '0' };

/** Renames a peer twice a second, so that everybody in its room is sent something. @returns how often, when stopped */
function renaming(client: SignalingClient): () => number {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    client.notify('changeDisplayName', { displayName: `name ${count}` });
  }, 500);
  return () => {
    clearInterval(timer);
    return count;
  };
}

test('a peer that is silent is cut off though it is sent to, and one that only answers pings stays', async () => {
  await using server = await startServer(environment);
  const { client } = await enter({ server, peerId: 'renamer' });
  const quiet = await enter({ server, peerId: 'quiet' });
  const stop = renaming(client);
  // A silent one after the other, for longer than a peer may be idle.
  for (const peerId of ['gone', 'gone too']) {
    const raw = new RawSocket({ server, peerId });
    raw.request(1, 'join', {});
    await client.waitFor('newPeer', ({ id }) => id === peerId);
    raw.stopReading();
    await client.waitFor('peerClosed', (data) => data.peerId === peerId);
    raw.close();
  }
  const renames = stop();
  expect(renames).toBeGreaterThan(2 * 2 * idleSeconds - 4);
  expect(renames).toBeLessThan(2 * 2 * (idleSeconds + 4));
  expect(await quiet.client.request('getRtcStatsUrl', {})).toEqual({});
  expect(quiet.client.named('peerDisplayNameChanged').length).toBeGreaterThan(0);
});

test('the endpoints of a controller that is silent end though it is sent to', async () => {
  await using server = await startServer(environment);
  const raw = new RawSocket({ server, path: '/control?controllerId=gone' });
  raw.request(1, 'subscribe', {});
  raw.request(2, 'createEndpoint', { roomId: 'room', peerId: 'telephone' });
  await until(() => server.programs.holdings.endpoints.size === 1);
  raw.stopReading();
  // Each socket that comes and goes is an event for the controller.
  const busy = (async () => {
    while (server.programs.holdings.endpoints.size === 1) {
      const { client } = await enter({ server, roomId: 'other', peerId: 'visitor' });
      await client.close();
      await Bun.sleep(100);
    }
  })();
  await until(() => server.programs.holdings.endpoints.size === 0);
  await busy;
  expect(server.sfu.rooms.get('room')?.peers.size ?? 0).toBe(0);
  raw.close();
});
