import {
  createHeadlessClient,
  createRtpTrack,
  RtpHeader,
  RtpPacket,
  receiveRtp,
} from '../../client/headless.ts';

const packetsPerSecond = 50;
/** What a packet carries: its number, and when it was sent by `performance.now`. */
const payloadBytes = 80;
/** How long joining, and waiting for the first packet, may take each, in milliseconds. */
const timeoutMs = 15_000;
/** How long packets that are under way are waited for. */
const lateMs = 1000;

export type Step = 'join' | 'publish' | 'media';

/** What a call found. Times are seconds. */
export interface CallResult {
  /** From nothing to in the room, of the slower one of both. */
  readonly join: number;
  /** From the wish to send until the first packet arrived at the other peer. */
  readonly firstPacket: number;
  /** From one peer over the server to the other: half of the packets take longer, and one in twenty. */
  readonly latency: { readonly median: number; readonly p95: number };
  /** Share of packets that did not arrive. */
  readonly loss: number;
}

/** A call that failed, and how far it came. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly step: Step,
    cause: unknown,
  ) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export interface CallOptions {
  readonly url: string;
  readonly roomId: string;
  /** For this peer; undefined in development mode. */
  readonly token: (peerId: string) => Promise<string> | undefined;
  /** How long it sends. */
  readonly seconds: number;
}

/**
 * Calls a server as a browser does: by signaling, ICE, DTLS and SRTP.
 * @throws CallError
 */
export async function call({ url, roomId, token, seconds }: CallOptions): Promise<CallResult> {
  const clientOf = (peerId: string) => {
    const given = token(peerId);
    return createHeadlessClient({ url, roomId, peerId, ...(given && { token: () => given }) });
  };
  const [sender, receiver] = [clientOf('canary-sends'), clientOf('canary-receives')];
  try {
    const startedAt = performance.now();
    await step('join', Promise.all([sender.join(), receiver.join()]));
    const join = since(startedAt);
    const arrivals = new Arrivals();
    receiver.on('trackAdded', ({ track }) => void receiveRtp(track, ({ payload }) => arrivals.add(payload)));
    const voice = createRtpTrack('audio');
    const publishedAt = performance.now();
    await step('publish', sender.publish(voice.track, 'microphone'));
    const speech = new Speech((payload, header) => voice.write(new RtpPacket(header, payload)));
    try {
      await step('media', arrivals.first);
      const firstPacket = since(publishedAt);
      await Bun.sleep(seconds * 1000);
      speech.stop();
      await Promise.race([arrivals.upTo(speech.sent), Bun.sleep(lateMs)]);
      return { join, firstPacket, ...arrivals.summary(speech.sent) };
    } finally {
      speech.stop();
    }
  } finally {
    // A server that is gone cannot be left.
    await Promise.race([Promise.allSettled([sender.leave(), receiver.leave()]), Bun.sleep(lateMs)]);
  }
}

const since = (startedAt: number) => (performance.now() - startedAt) / 1000;

async function step<T>(name: Step, task: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${timeoutMs / 1000} seconds`)), timeoutMs);
  });
  try {
    return await Promise.race([task, late]);
  } catch (error) {
    throw new CallError(name, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends packets in the rhythm of Opus until it is stopped. */
class Speech {
  sent = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly write: (payload: Buffer, header: RtpHeader) => void) {
    this.#timer = setInterval(() => this.#send(), 1000 / packetsPerSecond);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    this.sent += 1;
    const payload = Buffer.alloc(payloadBytes);
    payload.writeUInt32BE(this.sent, 0);
    payload.writeDoubleBE(performance.now(), 4);
    const timestamp = (this.sent * 48_000) / packetsPerSecond;
    this.write(payload, new RtpHeader({ sequenceNumber: this.sent & 0xffff, timestamp: timestamp >>> 0 }));
  }
}

/** The packets that came. */
class Arrivals {
  readonly #latencies = new Map<number, number>();
  readonly #first = Promise.withResolvers<void>();
  #waiting: { readonly number: number; readonly resolve: () => void } | undefined;

  /** Resolves with the first packet. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  add(payload: Buffer): void {
    if (payload.length !== payloadBytes) return;
    const number = payload.readUInt32BE(0);
    this.#latencies.set(number, performance.now() - payload.readDoubleBE(4));
    this.#first.resolve();
    if (this.#waiting && number >= this.#waiting.number) this.#waiting.resolve();
  }

  /** Resolves when the packet of this number, or a later one, has come. */
  upTo(number: number): Promise<void> {
    if (this.#latencies.has(number)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { number, resolve };
    });
  }

  /** What was sent before the first packet that came does not count: the way was not there yet. */
  summary(sent: number): Pick<CallResult, 'latency' | 'loss'> {
    const first = Math.min(...this.#latencies.keys());
    const sorted = [...this.#latencies.values()].sort((one, other) => one - other);
    const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0) / 1000;
    return {
      latency: { median: at(0.5), p95: at(0.95) },
      loss: 1 - sorted.length / (sent - first + 1),
    };
  }
}
