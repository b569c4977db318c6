import { expect, setDefaultTimeout, test } from 'bun:test';
import { TestClock } from '../support/clock.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { workerPid } from '../support/workers.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

test('a large frame counts as many messages, and waits unread until it may pass', async () => {
  // The time stands still, so that nothing is earned: 250 messages pass at once.
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const client = await SignalingClient.connect({ server });
  await client.request('getRtcStatsUrl', {});
  const large = (letter: string) => client.ask('noSuchMethod', letter.repeat(64_000)).catch(String);
  const answers = ['a', 'b', 'c'].map(large);
  expect(await Promise.all(answers)).toEqual(Array(3).fill(expect.stringContaining('unknown_method')));
  const fourth = large('d');
  await until(() => server.signaling.counts.queued === 1);
  clock.advance(1000);
  expect(await fourth).toContain('unknown_method');
  expect(server.signaling.counts.queued).toBe(0);
});

test('answers that the server asked for do not count, however many come at once', async () => {
  const clock = new TestClock();
  // Fifty messages pass at once. Bob needs about ten, and answers a hundred requests.
  const environment = { TUREEN_MESSAGES_PER_SECOND: '10', TUREEN_MAX_PRODUCERS_PER_PEER: '100' };
  await using server = await startServer(environment, { clock });
  for (const peerId of ['alice', 'carol', 'dave']) {
    const { client, sendTransport } = await enter({ server, peerId });
    for (let ssrc = 1; ssrc <= 34; ssrc += 1)
      await client.request('produce', audioTrack(sendTransport, ssrc));
  }
  const { client } = await enter({ server, peerId: 'bob' });
  await until(() => client.named('newConsumer').length === 102);
  const { subscriptions } = server.sfu.peer('room', 'bob');
  await until(() => [...subscriptions.values()].filter(({ consumer }) => !consumer.paused).length === 102);
  expect(await client.request('getRtcStatsUrl', {})).toEqual({});
});

test('before a peer is let in its frames are not read, and few bytes of them wait', async () => {
  await using server = await startServer();
  const pid = workerPid(server);
  // Nobody is let in while the room cannot be opened.
  process.kill(pid, 'SIGSTOP');
  try {
    const client = await SignalingClient.connect({ server });
    for (let count = 0; count < 20; count += 1) client.socket.send('{');
    await until(() => server.signaling.counts.queued === 20);
    expect(client.events).toEqual([]);
    const heavy = new RawSocket({ server, peerId: 'heavy' });
    for (let count = 0; count < 3; count += 1) heavy.sendFrame(0x81, 'x'.repeat(60_000));
    await heavy.closed;
    expect(heavy.body).toContain('flood: more than 131072 bytes are waiting');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});
