import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { Subscription } from '../../src/sfu/rooms/peer.ts';
import { keyFrameRequestDelay } from '../../src/sfu/rooms/publishing.ts';
import { resumeSubscription } from '../../src/sfu/rooms/subscribing.ts';
import { RtpReceiver, RtpSender } from '../support/rtp-peers.ts';
import { startServer } from '../support/server.ts';

setDefaultTimeout(60_000);

const count = 12;

/** A sender, whose every packet is a key frame, so that each request is answered before the next; and who has paused it. */
async function manyReceivers(server: Server, ends: DisposableStack) {
  const sender = ends.use(await RtpSender.open(server, { kind: 'video' }));
  const receivers: { receiver: RtpReceiver; subscription: Subscription }[] = [];
  for (let index = 0; index < count; index += 1) {
    const receiver = ends.use(await RtpReceiver.open(server, `receiver-${index}`));
    receivers.push({ receiver, subscription: await receiver.receive(sender.id, { paused: true }) });
  }
  const resume = async ({ receiver, subscription }: (typeof receivers)[number]) => {
    await resumeSubscription(receiver.room, subscription);
    await receiver.hears(1);
  };
  /** Waits for longer than requests are held back. */
  const settle = async () => await receivers[0]?.receiver.hears(2 * (keyFrameRequestDelay / 10));
  const workers = new Set(receivers.map(({ receiver }) => receiver.peer.router?.live.index));
  return { sender, receivers, resume, settle, workers };
}

for (const [where, environment] of [
  ['on one worker', { TUREEN_WORKERS: '1' }],
  ['on two workers', { TUREEN_WORKERS: '2', TUREEN_ROOM_CONSUMERS_PER_WORKER: '4' }],
] as const) {
  test(`many who turn to a video at once ${where} cost its sender at most two key frames`, async () => {
    await using server = await startServer(environment);
    using ends = new DisposableStack();
    const { sender, receivers, resume, settle, workers } = await manyReceivers(server, ends);
    expect(workers.size).toBe(Number(environment.TUREEN_WORKERS));
    await Promise.all(receivers.map(resume));
    await settle();
    expect(sender.keyFrameRequests).toBeGreaterThanOrEqual(1);
    expect(sender.keyFrameRequests).toBeLessThanOrEqual(2);
  });
}

test('who come one after the other share key frames, and do not cost one each', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '1' });
  using ends = new DisposableStack();
  const { sender, receivers, resume, settle } = await manyReceivers(server, ends);
  const startedAt = performance.now();
  for (const receiver of receivers) await resume(receiver);
  const milliseconds = performance.now() - startedAt;
  await settle();
  // The first at once, one for each time that passed, and one for those who came after that.
  expect(sender.keyFrameRequests).toBeLessThanOrEqual(2 + Math.floor(milliseconds / keyFrameRequestDelay));
});
