import { Measurements } from '../metrics/measurements.ts';
import { readConfig } from '../src/config/config.ts';
import { EventBus } from '../src/core/event-bus.ts';
import { silentLogger } from '../src/core/log.ts';
import { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingEvents } from '../src/signaling/events.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { median } from './harness/statistics.ts';
import { AudioRoom } from './loads/audio-room.ts';

const workers = 2;
/** The number of tracks that each sending peer publishes and each receiving peer consumes. */
const tracks = 100;
/** The interval of the packets of each track: short enough to keep streams active, long enough for a small machine. */
const packetInterval = 500;
const scrapes = 20;
/** Seconds between two passes, and between two scrapes of the reference, as Prometheus is mostly set. */
const interval = 10;

/**
 * The cost of reading the metrics of a busy node. The reference asks mediasoup for the statistics of every consumer
 * at each scrape, as most exporters for SFUs do.
 */
export const scrape: Benchmark = {
  name: 'scrape',
  doc: '10,000 consumers on two workers: a scrape (wanted: 20 ms at most, the loop blocked for 10 ms), the sampler (5 % of a core)',
  figures: [
    { name: 'scrape', unit: 'milliseconds', goal: { atMost: 1 / 50 } },
    { name: 'blocked', unit: 'milliseconds that the event loop stands still at a scrape' },
    { name: 'core', unit: 'percent of a core of the server for statistics every 10 s' },
    { name: 'page', unit: 'kilobytes' },
  ],
  runs: 3,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    await using node = await BusyNode.start(small ? 400 : 10_000);
    for (let warmUp = 0; warmUp < 4; warmUp += 1) await node.measurements.sampler.pass({ hurry: true });
    const core = side === 'ours' ? await node.samplerCore() : undefined;
    const read = side === 'ours' ? () => node.measurements.text() : () => node.askEverybody();
    for (let warmUp = 0; warmUp < 3; warmUp += 1) await read();
    const times: number[] = [];
    const cpuBefore = cpuSeconds();
    const gaps: number[] = [];
    let bytes = 0;
    const rounds = side === 'ours' ? scrapes : 3;
    for (let count = 0; count < rounds; count += 1) {
      const gap = new LongestGap();
      // Let the loop run once before, so that earlier work does not count.
      await Bun.sleep(5);
      const startedAt = gap.begin();
      bytes = (await read()).length;
      times.push(performance.now() - startedAt);
      gaps.push(gap.stop());
    }
    const cpuEach = (cpuSeconds() - cpuBefore) / rounds;
    return {
      scrape: median(times),
      blocked: median(gaps),
      core: core ?? (cpuEach / interval) * 100,
      page: bytes / 1024,
    };
  },
};

/** Rooms on two workers, in which media flows to many consumers over plain transports, and what is measured of them. */
class BusyNode implements AsyncDisposable {
  readonly #rooms: AudioRoom[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(
    private readonly sfu: Sfu,
    readonly measurements: Measurements,
  ) {
    this.#timer = setInterval(() => this.#send(), packetInterval);
  }

  static async start(consumers: number): Promise<BusyNode> {
    const config = readConfig({
      TUREEN_STATS_INTERVAL_SECONDS: String(interval),
      TUREEN_WORKERS: String(workers),
      TUREEN_ROOM_CONSUMERS_PER_WORKER: String(consumers),
      TUREEN_MAX_PRODUCERS_PER_PEER: String(tracks),
    });
    const listenInfos = () => [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
    const sfu = new Sfu({
      settings: config,
      workers: { count: workers, listenInfos },
      rtp: { listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, mayReach: () => true },
      log: silentLogger,
    });
    await sfu.start();
    const signaling = {
      events: new EventBus<SignalingEvents>(silentLogger),
      counts: { queued: 0, notifications: 0 },
    };
    const measurements = new Measurements({
      sfu,
      config,
      signaling,
      version: 'bench',
      onError: console.error,
    });
    // Only the benchmark starts passes.
    measurements.sampler.close();
    const node = new BusyNode(sfu, measurements);
    for (let room = 1; room <= workers; room += 1)
      await node.#fill(`room-${room}`, consumers / workers / tracks);
    node.#send();
    return node;
  }

  /** Percent of a core that the server process uses with one pass of the sampler in ten seconds, pauses included. */
  async samplerCore(): Promise<number> {
    const before = cpuSeconds();
    await this.measurements.sampler.pass();
    return ((cpuSeconds() - before) / interval) * 100;
  }

  async askEverybody(): Promise<string> {
    const subscriptions = this.#rooms.flatMap((room) => room.subscriptions);
    await Promise.all(subscriptions.map(({ consumer }) => consumer.getStats()));
    return await this.measurements.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const room of this.#rooms) room[Symbol.dispose]();
    await this.measurements.close();
    this.sfu.close();
  }

  /** Each room is placed on the least loaded worker. */
  async #fill(roomId: string, receivers: number): Promise<void> {
    const room = await AudioRoom.open(this.sfu, { roomId, tracks });
    this.#rooms.push(room);
    for (let made = 0; made < receivers; made += 1) await room.receive();
  }

  #send(): void {
    for (const room of this.#rooms) room.send();
  }
}

/** The longest time for which the event loop was blocked. */
class LongestGap {
  #last = performance.now();
  #longest = 0;
  readonly #timer = setInterval(() => this.#look(), 1);

  /** Starts to measure. @returns the current time */
  begin(): number {
    this.#last = performance.now();
    this.#longest = 0;
    return this.#last;
  }

  stop(): number {
    this.#look();
    clearInterval(this.#timer);
    return this.#longest;
  }

  #look(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
