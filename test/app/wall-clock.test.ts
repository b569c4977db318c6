import { expect, setDefaultTimeout, test } from 'bun:test';
import { mintApiToken } from '../../src/access/api-access.ts';
import type { Server } from '../../src/app/server.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { startServer, testKey, testSecret, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { replaceWorker } from '../support/workers.ts';

setDefaultTimeout(120_000);

const hour = 3_600_000;
/** More than a burst holds at `messagesPerSecond`, so that the pace has to earn while the time is wrong. */
const messages = 30;
const messagesPerSecond = '5';
const mostMs = 60_000;

async function statusOfRooms(server: Server, now: number): Promise<number> {
  const key = {
    key: testKey,
    secret: testSecret,
    name: 'backend',
    scopes: ['read'],
    lifetime: 3600,
    now,
  } as const;
  const headers = { authorization: `Bearer ${await mintApiToken(key)}` };
  return (await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms`, { headers })).status;
}

for (const [how, by] of [
  ['back', -hour],
  ['forward', hour],
] as const) {
  test(`an hour by which the time is set ${how} holds up no message, no request, no join and no node`, async () => {
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };
    await using server = await startServer(
      { ...withKeys, TUREEN_MESSAGES_PER_SECOND: messagesPerSecond },
      { clock },
    );
    const durations: number[] = [];
    for (const event of ['peerJoined', 'peerLeft', 'roomClosed'] as const)
      server.sfu.events.on(event, ({ duration }) => void durations.push(duration));
    const token = await tokenFor('room', 'alice', { lifetime: 3 * 3600 });
    const alice = await SignalingClient.connect({ server, token });
    await alice.request('join', {});
    expect(await statusOfRooms(server, clock.now())).toBe(200);
    for (let deaths = 0; deaths < 4; deaths += 1) await replaceWorker(server, 0);
    expect(server.sfu.unreadyReasons()).toEqual([expect.stringContaining('died within a minute')]);

    ahead = by;
    for (let count = 0; count < messages; count += 1)
      await alice.request('changeDisplayName', { displayName: `Alice ${count}` });
    expect(await statusOfRooms(server, clock.now())).toBe(200);
    const bobsToken = await tokenFor('room', 'bob', { now: clock.now() });
    const bob = await SignalingClient.connect({ server, peerId: 'bob', token: bobsToken });
    await bob.request('join', {});
    bob.socket.close();
    await alice.waitFor('peerLeft');
    expect(server.sfu.unreadyReasons()).toEqual([expect.stringContaining('died within a minute')]);
    server.sfu.room('room').close('closed');
    await alice.closed;
    expect(durations).toHaveLength(5);
    for (const duration of durations) {
      expect(duration).toBeInteger();
      expect(duration).toBeWithin(0, mostMs);
    }
  });
}
