import type { Benchmark } from './harness/benchmark.ts';
import { threadSeconds } from './harness/proc.ts';
import type { Measured } from './harness/result.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import type { CrowdLoadOptions } from './loads/crowd.ts';
import { type HeldLoad, holdLoad } from './loads/load-process.ts';
import type { Pace } from './loads/pacer.ts';
import type { PublisherLoadOptions } from './loads/publisher.ts';

const roomId = 'crowd';

interface Size {
  readonly peers: number;
  /** Bits a second that the publisher sends at full pace: more than the workers can forward to all. */
  readonly videoBitrate: number;
  /** Milliseconds. Must be less than the 30 seconds after which ICE drops a silent client. */
  readonly duration: number;
}

/** A room that is too large for one core: packets forwarded by two workers and by one. */
export const spread: Benchmark = {
  name: 'spread',
  doc: 'one room too large for a core: packets forwarded by two workers (ours) and by one (reference)',
  figures: [
    { name: 'packets', unit: 'packets a second', goal: { atLeast: 1.8 } },
    { name: 'packets_a_core', unit: 'packets a second if the busiest worker had a whole core' },
    { name: 'wanted', unit: 'packets a second that the room wanted' },
    { name: 'cores', unit: 'cores that the workers got' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    const size = small
      ? { peers: 4, videoBitrate: 1e6, duration: 500 }
      : { peers: 400, videoBitrate: 16e6, duration: 10_000 };
    const workers = side === 'ours' ? 2 : 1;
    // Half of the room, so that the second worker gets the other half. One worker takes them all.
    const environment = { TUREEN_ROOM_CONSUMERS_PER_WORKER: String(size.peers / 2) };
    await using server = await startServer({ side: 'ours', workers, environment });
    return await flood(server, size);
  },
};

async function flood(server: RunningServer, { peers, videoBitrate, duration }: Size): Promise<Measured> {
  const { port } = server;
  await using publisher = await hold<PublisherLoadOptions>('publisher', { port, roomId, videoBitrate });
  await pace(publisher, 'slow');
  await using crowd = await hold<CrowdLoadOptions>('crowd', { port, roomId, peers });
  await pace(publisher, 'silent');
  const before = await packets(crowd);
  process.kill(crowd.pid, 'SIGSTOP');
  const cpuBefore = server.workerPids.map(threadSeconds);
  const startedAt = performance.now();
  const sentBefore = await pace(publisher, 'full');
  await Bun.sleep(duration);
  const sent = (await pace(publisher, 'silent')) - sentBefore;
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = server.workerPids.map((pid, index) => threadSeconds(pid) - (cpuBefore[index] ?? 0));
  process.kill(crowd.pid, 'SIGCONT');
  const forwarded = (await packets(crowd)) - before;
  return {
    packets: forwarded / seconds,
    packets_a_core: forwarded / Math.max(...cpu),
    wanted: (sent * peers) / seconds,
    cores: cpu.reduce((sum, time) => sum + time, 0) / seconds,
  };
}

function hold<O extends object>(name: string, options: O): Promise<HeldLoad<unknown>> {
  return holdLoad(name, options);
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
