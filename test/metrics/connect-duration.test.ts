import { expect, test } from 'bun:test';
import { createHeadlessClient, createRtpTrack } from '../../client/headless.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

test('the time that a transport takes to connect begins when its client wants to connect it', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const url = `http://127.0.0.1:${server.port}`;
  const enter = (peerId: string) => createHeadlessClient({ url, roomId: 'room', peerId });
  const durations: (number | null)[] = [];
  server.sfu.events.on('transportConnected', ({ duration }) => durations.push(duration));
  const [alice, bob] = [enter('alice'), enter('bob')];
  await alice.join();
  // Nobody is there to be received: the transports are open and idle.
  clock.advance(14_000);
  await bob.join();
  await bob.publish(createRtpTrack('audio').track, 'microphone');
  await until(() => durations.length === 2, 'the transport of Bob, and that of Alice which receives him');
  // The clock stood still while they connected.
  expect(durations).toEqual([0, 0]);
  await Promise.all([alice.leave(), bob.leave()]);
});
