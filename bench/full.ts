import type { Benchmark } from './harness/benchmark.ts';
import type { Measured } from './harness/result.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import type { CallLoadOptions, CallTimes } from './loads/call.ts';
import type { JoinersLoadOptions, JoinersLoadResult } from './loads/joiners.ts';
import { type HeldLoad, holdLoad } from './loads/load-process.ts';
import type { PublisherLoadOptions } from './loads/publisher.ts';

const roomId = 'crowd';
/** In development mode nobody is sent away. */
const signing = { key: 'bench', secret: 'a secret of the benchmark longer than thirty-two bytes' };

/**
 * Of the 150 ms between mouth and ear with which a conversation is free (ITU-T G.114), so much is left for the network once
 * both ends have had their part.
 */
const timely = 100;

interface Size extends Pick<JoinersLoadOptions, 'joiners' | 'joinsPerSecond'> {
  /** Bits a second that each of them receives. */
  readonly videoBitrate: number;
  /** Milliseconds that the sound is timed before they come, and once all have. */
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
    { name: 'stress', unit: 'highest stress level of the node' },
  ],
  runs: 1,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    const size: Size = small
      ? { joiners: 3, joinsPerSecond: 6, videoBitrate: 500_000, duration: 500 }
      : { joiners: 150, joinsPerSecond: 1, videoBitrate: 6_000_000, duration: 15_000 };
    const environment = {
      TUREEN_FULL_AT: side === 'ours' ? '0.85' : '1',
      TUREEN_API_KEY: signing.key,
      TUREEN_API_SECRET: signing.secret,
    };
    await using server = await startServer({ side: 'ours', workers: 1, environment });
    return await crowdIn(server, size);
  },
};

async function crowdIn(server: RunningServer, size: Size): Promise<Measured> {
  const { port } = server;
  const { joiners, joinsPerSecond, videoBitrate, duration } = size;
  const inCall: CallLoadOptions = { port, roomId: 'call', listeners: 3, timely, signing };
  await using call = await holdLoad<unknown>('call', inCall);
  await begin(call);
  await Bun.sleep(duration);
  const before = await end(call);
  const published: PublisherLoadOptions = { port, roomId, videoBitrate, signing };
  await using publisher = await holdLoad<unknown>('publisher', published);
  publisher.write('full');
  const coming: JoinersLoadOptions = { port, roomId, joiners, joinsPerSecond, signing };
  await begin(call);
  const stress = followStress(server);
  await using crowd = await holdLoad<JoinersLoadResult>('joiners', coming);
  await Bun.sleep(duration);
  const under = await end(call);
  return {
    in_time: under.inTime,
    delay_p99: under.delay.p99,
    delay: under.delay.median,
    in_time_before: before.inTime,
    delay_p99_before: before.delay.p99,
    ...crowd.first,
    stress: await stress.highest(),
  };
}

/** The sound of the call is timed from now on. */
async function begin(call: HeldLoad<unknown>): Promise<void> {
  call.write('begin');
  await call.next();
}

async function end(call: HeldLoad<unknown>): Promise<CallTimes> {
  call.write('end');
  return await call.next<CallTimes>();
}

/** Looks at the stress of a server as often as it does itself. */
function followStress({ port }: RunningServer) {
  let level = 0;
  const look = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    const { stress } = (await answer.json()) as { stress: { level: number } };
    level = Math.max(level, stress.level);
  };
  // One that is missed while the server has no time is made up for by the next.
  const looking = setInterval(() => void look().catch(() => {}), 2000);
  return {
    highest: async () => {
      clearInterval(looking);
      await look();
      return level;
    },
  };
}
