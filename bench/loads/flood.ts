import type { Scale } from '../harness/benchmark.ts';
import { threadSeconds } from '../harness/proc.ts';
import type { RunningServer } from '../harness/server.ts';
import type { CrowdLoadOptions } from './crowd.ts';
import { type HeldLoad, holdLoad } from './load-process.ts';
import type { Pace } from './pacer.ts';
import type { PublisherLoadOptions } from './publisher.ts';

const roomId = 'crowd';

export interface FloodSize {
  /** Those who receive. */
  readonly peers: number;
  /** Bits a second that the publisher sends at full pace: more than the workers can forward to all. */
  readonly videoBitrate: number;
  /** Milliseconds. Must be less than the 30 seconds after which ICE drops a silent client. */
  readonly duration: number;
}

export interface FloodOptions extends FloodSize {
  /** Whether they join as an audience, which only ours knows. */
  readonly audience?: boolean;
}

/** How much more than one core can forward. */
export const floodSize = ({ small }: Scale): FloodSize =>
  small
    ? { peers: 4, videoBitrate: 1e6, duration: 500 }
    : { peers: 400, videoBitrate: 16e6, duration: 10_000 };

export interface Flooded {
  /** Sent by the workers, to all receivers together. */
  readonly packets: number;
  /** What they would have sent if they had kept up. */
  readonly wanted: number;
  readonly seconds: number;
  /** Of the server process. */
  readonly serverCpuSeconds: number;
  /** Of each worker. */
  readonly workersCpuSeconds: readonly number[];
}

/**
 * One sends more than the workers can forward to all of a room. The receivers are real and are stopped while it is
 * counted, so that the workers have the cores.
 */
export async function flood(
  server: RunningServer,
  { peers, audience, videoBitrate, duration }: FloodOptions,
): Promise<Flooded> {
  const { port } = server;
  const published: PublisherLoadOptions = { port, roomId, videoBitrate };
  await using publisher = await holdLoad<unknown>('publisher', published);
  await pace(publisher, 'slow');
  const receiving: CrowdLoadOptions = { port, roomId, peers, audience };
  await using crowd = await holdLoad<unknown>('crowd', receiving);
  await pace(publisher, 'silent');
  const before = await packets(crowd);
  process.kill(crowd.pid, 'SIGSTOP');
  const workersBefore = server.workerPids.map(threadSeconds);
  const serverBefore = server.cpuSeconds();
  const startedAt = performance.now();
  const sentBefore = await pace(publisher, 'full');
  await Bun.sleep(duration);
  const sent = (await pace(publisher, 'silent')) - sentBefore;
  const seconds = (performance.now() - startedAt) / 1000;
  const serverCpuSeconds = server.cpuSeconds() - serverBefore;
  const workersCpuSeconds = server.workerPids.map(
    (pid, index) => threadSeconds(pid) - (workersBefore[index] ?? 0),
  );
  process.kill(crowd.pid, 'SIGCONT');
  const forwarded = (await packets(crowd)) - before;
  return { packets: forwarded, wanted: sent * peers, seconds, serverCpuSeconds, workersCpuSeconds };
}

/** Sets the pace of the publisher. @returns the packets that it has sent until now */
async function pace(publisher: HeldLoad<unknown>, value: Pace): Promise<number> {
  publisher.write(value);
  return (await publisher.next<{ sent: number }>()).sent;
}

async function packets(crowd: HeldLoad<unknown>): Promise<number> {
  crowd.write('count');
  return (await crowd.next<{ packets: number }>()).packets;
}
