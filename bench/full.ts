import type { Benchmark } from './harness/benchmark.ts';
import type { Measured } from './harness/result.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import type { CallLoadOptions, CallTimes, CallWindow } from './loads/call.ts';
import type { JoinersLoadOptions, JoinersLoadResult } from './loads/joiners.ts';
import { type HeldLoad, holdLoad } from './loads/load-process.ts';
import type { PublisherLoadOptions } from './loads/publisher.ts';

const roomId = 'crowd';

/**
 * Of the 150 ms between mouth and ear with which a conversation is free (ITU-T G.114), so much is left for the network once
 * both ends have had their part.
 */
const timely = 100;

interface Size extends Pick<JoinersLoadOptions, 'joiners' | 'joinsPerSecond'> {
  /** Bits a second that each of them receives. */
  readonly videoBitrate: number;
  /** Milliseconds that the sound is timed, before they come and when all have. */
  readonly duration: number;
}

/** Whether the calls of a full node keep their sound: more and more come, with the limit and without. */
export const full: Benchmark = {
  name: 'full',
  doc: 'more join than a media worker carries, with TUREEN_FULL_AT (ours) and without (reference): the sound of a call that was there',
  figures: [
    { name: 'in_time', unit: 'share of the sound that arrived within 100 ms', goal: { oursAtLeast: 0.99 } },
    { name: 'delay_p99', unit: 'milliseconds of what arrived', goal: { oursAtMost: timely } },
    { name: 'delay', unit: 'milliseconds of what arrived, median' },
    { name: 'in_time_before', unit: 'share of the sound that arrived within 100 ms, before they came' },
    { name: 'delay_p99_before', unit: 'milliseconds, before they came' },
    { name: 'entered', unit: 'peers that were let in' },
    { name: 'refused', unit: 'peers that were refused as busy' },
    { name: 'failed', unit: 'peers that were let in and could not join' },
    { name: 'stress', unit: 'stress level of the node at the end' },
  ],
  runs: 3,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    const size: Size = small
      ? { joiners: 3, joinsPerSecond: 6, videoBitrate: 500_000, duration: 500 }
      : { joiners: 240, joinsPerSecond: 3, videoBitrate: 4_000_000, duration: 15_000 };
    const environment = { TUREEN_FULL_AT: side === 'ours' ? '0.85' : '1' };
    await using server = await startServer({ side: 'ours', workers: 1, environment });
    return await crowdIn(server, size);
  },
};

async function crowdIn(server: RunningServer, size: Size): Promise<Measured> {
  const { port } = server;
  const { joiners, joinsPerSecond, videoBitrate, duration } = size;
  const inCall: CallLoadOptions = { port, roomId: 'call', listeners: 3, timely };
  await using call = await holdLoad<unknown>('call', inCall);
  const before = await timed(call, duration);
  const published: PublisherLoadOptions = { port, roomId, videoBitrate };
  await using publisher = await holdLoad<unknown>('publisher', published);
  publisher.write('full');
  const coming: JoinersLoadOptions = { port, roomId, joiners, joinsPerSecond };
  await using crowd = await holdLoad<JoinersLoadResult>('joiners', coming);
  const under = await timed(call, duration);
  return {
    in_time: under.inTime,
    delay_p99: under.delay.p99,
    delay: under.delay.median,
    in_time_before: before.inTime,
    delay_p99_before: before.delay.p99,
    ...crowd.first,
    stress: await stressOf(server),
  };
}

async function timed(call: HeldLoad<unknown>, duration: number): Promise<CallTimes> {
  call.write(JSON.stringify({ duration } satisfies CallWindow));
  return await call.next<CallTimes>();
}

async function stressOf({ port }: RunningServer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { stress } = (await answer.json()) as { stress: { level: number } };
  return stress.level;
}
