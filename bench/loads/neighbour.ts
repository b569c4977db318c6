/** The neighbour of the benchmark of that name: a process that uses the server as people do, and times it. */
import { mintToken } from '../../src/access/tokens.ts';
import { SignalingClient } from '../../test/support/signaling-client.ts';
import { quantile } from '../harness/statistics.ts';
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { loadOptions } from './load-process.ts';

export interface NeighbourOptions {
  readonly port: number;
  readonly key: string;
  readonly secret: string;
  /** Length of a window, in seconds. */
  readonly seconds: number;
}

/** 99th percentiles in milliseconds. */
export interface NeighbourTimes {
  /** A request over an open socket. */
  readonly signaling: number;
  /** The answer of /livez. */
  readonly livez: number;
  /** From the start of the connection until it has joined. */
  readonly join: number;
  /** Between two packets of a sound that is sent 50 times a second. */
  readonly media: number;
}

const options = loadOptions<NeighbourOptions>();
const url = `http://127.0.0.1:${options.port}`;
const address = { 'x-forwarded-for': '198.51.100.7' };
const roomId = 'neighbours';
const everyMs = { signaling: 25, livez: 25, join: 150 } as const;
const packetMs = 20;

const tokenOf = (peerId: string) =>
  mintToken({ key: options.key, secret: options.secret, roomId, peerId, lifetime: 3600, now: Date.now() });

async function connect(peerId: string): Promise<SignalingClient> {
  const place = { server: options, roomId, peerId };
  return await SignalingClient.connect({ ...place, token: await tokenOf(peerId), headers: address });
}

async function caller(peerId: string, sends: boolean): Promise<LoadPeer> {
  const link = await SocketLink.connect({ url, roomId, peerId, token: await tokenOf(peerId) });
  return await LoadPeer.join({ link, displayName: peerId, sends, receives: !sends });
}

/** Times a task again and again, one after the other and at most once in that time, until the end of the window. */
async function timed(endAt: number, gapMs: number, task: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  while (performance.now() < endAt) {
    const startedAt = performance.now();
    await task();
    const took = performance.now() - startedAt;
    times.push(took);
    await Bun.sleep(Math.max(0, gapMs - took));
  }
  return quantile(times, 0.99);
}

async function joinAndLeave(number: number): Promise<void> {
  const client = await connect(`visitor-${number % 20}`);
  await client.request('join', { displayName: 'visitor' });
  client.socket.close();
}

/** Gaps between the packets of the window. */
class Arrivals {
  #gaps: number[] = [];
  #last: number | undefined;

  take(): void {
    const now = performance.now();
    if (this.#last !== undefined) this.#gaps.push(now - this.#last);
    this.#last = now;
  }

  /** The 99th percentile since the last call. */
  read(): number {
    const gaps = this.#gaps.splice(0);
    this.#last = undefined;
    return quantile(gaps, 0.99);
  }
}

async function main(): Promise<void> {
  const listener = await caller('listener', false);
  const speaker = await caller('speaker', true);
  await speaker.publish({ audioBitrate: 32_000, videoBitrate: 0 });
  const arrivals = new Arrivals();
  const flows = Promise.withResolvers<void>();
  listener.onPacket = () => {
    flows.resolve();
    arrivals.take();
  };
  setInterval(() => {
    for (const source of speaker.sources) source.advance(performance.now());
  }, packetMs / 4);
  await flows.promise;
  const asking = await connect('asking');
  await asking.request('join', { displayName: 'asking' });
  let visitors = 0;
  const measure = async (): Promise<NeighbourTimes> => {
    const endAt = performance.now() + options.seconds * 1000;
    const [signaling, livez, join] = await Promise.all([
      timed(endAt, everyMs.signaling, () => asking.request('getRtcStatsUrl', {})),
      timed(endAt, everyMs.livez, async () => await (await fetch(`${url}/livez`)).text()),
      timed(endAt, everyMs.join, () => {
        visitors += 1;
        return joinAndLeave(visitors);
      }),
    ]);
    return { signaling, livez, join, media: arrivals.read() };
  };
  // The first requests of a process wait for the compiler.
  await measure();
  console.log(JSON.stringify({ ready: true }));
  for await (const _measure of console) console.log(JSON.stringify(await measure()));
}

await main();
