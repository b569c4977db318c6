import { cpuSeconds } from '../harness/proc.ts';
import type { StreamCounter } from './counter.ts';
import { SocketLink } from './link.ts';
import { LocalServer, type ServerCpu } from './local-server.ts';
import type { LoadOptions } from './options.ts';
import { LoadPeer } from './peer.ts';
import { describeTimes, type LoadReport, rate } from './report.ts';
import { tokenOf } from './token.ts';

/** How often the sources send due frames, in milliseconds; no frame is later than that. */
const tick = 5;
/** How long to wait after the last join until all peers receive, in milliseconds, before the measurement starts. */
const settleLimit = 10_000;

interface Plan {
  readonly roomId: string;
  readonly peerId: string;
  readonly sends: boolean;
  readonly receives: boolean;
  readonly audience: boolean;
}

interface Mark {
  readonly at: number;
  readonly sent: number;
  readonly received: number;
  /** Packets of each stream. */
  readonly streams: ReadonlyMap<StreamCounter, number>;
  readonly expected: number;
  readonly bytes: number;
  readonly own: number;
  readonly server?: ServerCpu;
}

/** One load test: peers join over the ramp, media flows for the duration, everything ends. */
export class LoadTest {
  readonly #peers: LoadPeer[] = [];
  readonly #links: SocketLink[] = [];
  readonly #failures = new Map<string, number>();
  readonly #plans: readonly Plan[];
  readonly #server: LocalServer | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #lost = 0;
  #over = false;
  /** The values of the last progress line, and its time. */
  #lastProgress = { bytes: 0, at: performance.now() };

  constructor(
    private readonly options: LoadOptions,
    private readonly say: (line: string) => void,
  ) {
    this.#plans = planPeers(options);
    this.#server = LocalServer.find(options.url);
  }

  /** Runs to the end, or until `end` is called. */
  async run(): Promise<LoadReport> {
    const pulse = setInterval(() => this.#advance(), tick);
    const progress = setInterval(() => this.#tellProgress(), 1000);
    try {
      await this.#ramp();
      await this.#settle();
      const from = this.#mark();
      await this.#pause(this.options.duration * 1000);
      return this.#report(from, this.#mark());
    } finally {
      clearInterval(pulse);
      clearInterval(progress);
      this.#over = true;
      for (const peer of this.#peers) peer.close();
    }
  }

  /** Ends the test early; `run` then reports what there is. */
  end(): void {
    this.#over = true;
    this.#ended.resolve();
  }

  async #ramp(): Promise<void> {
    const gap = (this.options.ramp * 1000) / this.#plans.length;
    const joins: Promise<void>[] = [];
    const startedAt = performance.now();
    for (const [index, plan] of this.#plans.entries()) {
      if (this.#over) break;
      await this.#pause(startedAt + index * gap - performance.now());
      joins.push(this.#join(plan).catch((error: Error) => this.#fail(error.message)));
    }
    await Promise.race([Promise.all(joins), this.#ended.promise]);
  }

  async #join({ roomId, peerId, sends, receives, audience }: Plan): Promise<void> {
    const { url, signing } = this.options;
    const token = await tokenOf(signing, { roomId, peerId });
    const link = await SocketLink.connect({ url, roomId, peerId, token, audience });
    this.#links.push(link);
    try {
      const peer = await LoadPeer.join({ link, displayName: peerId, sends, receives, audience });
      // One that is not let in has failed to join, and is not lost on the way.
      link.onClosed = (reason) => {
        this.#lost += 1;
        this.#fail(`closed by the server: ${reason}`);
      };
      if (sends) await peer.publish(this.options);
      // A peer that joins after the end of the test would be left behind.
      if (this.#over) return peer.close();
      this.#peers.push(peer);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  /** Waits until all peers receive all streams, or until the timeout. */
  async #settle(): Promise<void> {
    const deadline = performance.now() + settleLimit;
    while (!this.#over && performance.now() < deadline && this.#received() < wantedStreams(this.options))
      await this.#pause(100);
  }

  #received(): number {
    return this.#peers.flatMap((peer) => peer.counters).filter(({ received }) => received > 0).length;
  }

  #advance(): void {
    const now = performance.now();
    for (const peer of this.#peers) for (const source of peer.sources) source.advance(now);
  }

  #mark(): Mark {
    const counters = this.#peers.flatMap((peer) => peer.counters);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const server = this.#server?.cpu();
    return {
      at: performance.now(),
      sent: sum(this.#peers.flatMap((peer) => peer.sources).map(({ sent }) => sent)),
      received: sum(counters.map(({ received }) => received)),
      streams: new Map(counters.map((counter) => [counter, counter.received])),
      expected: sum(counters.map(({ expected }) => expected)),
      bytes: sum(counters.map(({ bytes }) => bytes)),
      own: process.platform === 'linux' ? cpuSeconds(process.pid) : process.cpuUsage().user / 1e6,
      ...(server && { server }),
    };
  }

  #report(from: Mark, to: Mark): LoadReport {
    const seconds = (to.at - from.at) / 1000;
    const share = (cpu: number) => (cpu / seconds) * 100;
    const expected = to.expected - from.expected;
    const received = to.received - from.received;
    const lost = Math.max(0, expected - received);
    const total = ((to.bytes - from.bytes) * 8) / seconds;
    const receivers = this.#peers.filter((peer) => peer.counters.length > 0);
    const firsts = receivers.flatMap((peer) => peer.firstPacketMilliseconds ?? []);
    return {
      peers: { wanted: this.#plans.length, joined: this.#peers.length, lost: this.#lost },
      failures: Object.fromEntries(this.#failures),
      join: describeTimes(this.#peers.map((peer) => peer.joinMilliseconds)),
      firstPacket: describeTimes(firsts),
      streams: { wanted: wantedStreams(this.options), received: flowing(from, to) },
      packets: { sent: to.sent - from.sent, received, lost },
      signaling: this.#told(),
      loss: expected > 0 ? lost / expected : 0,
      bitrate: { total, perReceiver: receivers.length > 0 ? total / receivers.length : 0 },
      seconds,
      cpu: { loadTester: share(to.own - from.own), ...serverShare(from, to, share) },
    };
  }

  /** What the server sent to a peer over its socket, from its start on. */
  #told(): LoadReport['signaling'] {
    const links = this.#links.map(({ told }) => told);
    const mean = (total: number) => (links.length > 0 ? total / links.length : 0);
    return {
      frames: mean(links.reduce((sum, { frames }) => sum + frames, 0)),
      bytes: mean(links.reduce((sum, { characters }) => sum + characters, 0)),
    };
  }

  #tellProgress(): void {
    const joined = this.#peers.length;
    const counters = this.#peers.flatMap((peer) => peer.counters);
    const bytes = counters.reduce((sum, counter) => sum + counter.bytes, 0);
    const lost = counters.reduce((sum, counter) => sum + counter.lost, 0);
    const now = performance.now();
    const flow = rate(((bytes - this.#lastProgress.bytes) * 8000) / (now - this.#lastProgress.at));
    this.#lastProgress = { bytes, at: now };
    this.say(
      `${joined} of ${this.#plans.length} peers, ${this.#received()} streams received, ${flow}, ${lost} packets lost`,
    );
  }

  #fail(reason: string): void {
    if (!this.#over) this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.#over) return;
    await Promise.race([Bun.sleep(milliseconds), this.#ended.promise]);
  }
}

/** All peers that will join, in turns over the rooms, senders first. */
function planPeers({ rooms, publishers, subscribers, meeting, audience, roomPrefix }: LoadOptions): Plan[] {
  return Array.from({ length: publishers + subscribers }, (_, number) => number).flatMap((number) =>
    Array.from({ length: rooms }, (_, room) => ({
      roomId: `${roomPrefix}-${room + 1}`,
      peerId: `${number < publishers ? 'publisher' : 'subscriber'}-${number + 1}`,
      sends: number < publishers,
      receives: number >= publishers || meeting,
      audience: audience && number >= publishers,
    })),
  );
}

function wantedStreams(options: LoadOptions): number {
  const { rooms, publishers, subscribers, meeting, audioBitrate, videoBitrate } = options;
  const tracks = Number(audioBitrate > 0) + Number(videoBitrate > 0);
  const pairs = publishers * subscribers + (meeting ? publishers * (publishers - 1) : 0);
  return rooms * tracks * pairs;
}

/** Streams that had packets during the measurement; a stream that stopped before has no loss but is missing. */
function flowing(from: Mark, to: Mark): number {
  return [...to.streams].filter(([counter, packets]) => packets > (from.streams.get(counter) ?? 0)).length;
}

function serverShare(from: Mark, to: Mark, share: (cpu: number) => number) {
  if (!from.server || !to.server) return {};
  return {
    server: share(to.server.server - from.server.server),
    workers: share(to.server.workers - from.server.workers),
  };
}
