/** Load of the benchmark `forward`: one peer that sends and many that receive, over real WebRTC. */
import { cpuSeconds, threadSeconds } from '../harness/proc.ts';
import { type Link, SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { BareLink } from './bare-link.ts';
import { JanusRoom } from './janus.ts';
import { loadOptions } from './load-process.ts';

export interface ForwardLoadOptions {
  kind: 'tureen' | 'bare' | 'janus';
  port: number;
  /** The process that signals, and those that forward. */
  serverPid: number;
  workerPids: readonly number[];
  subscribers: number;
  /** Bits a second of the video that is sent. */
  videoBitrate: number;
  /** How long it flows before it is measured, and how long it is measured, in milliseconds. */
  warmUp: number;
  duration: number;
}

export interface ForwardLoadResult {
  /** Packets that the subscribers received while it was measured. */
  packets: number;
  lost: number;
  serverCpuSeconds: number;
  workerCpuSeconds: number;
  loadCpuSeconds: number;
  seconds: number;
}

/** What both kinds of peer have. */
export interface Subscriber {
  readonly counters: readonly {
    readonly received: number;
    readonly expected: number;
    readonly lost: number;
  }[];
}

/** Subscribers that join at the same time: their handshakes share one thread. */
const atOnce = 4;
const tick = 5;
const patience = 60_000;

async function join(options: ForwardLoadOptions, receives: boolean, name: string): Promise<LoadPeer> {
  const { kind, port } = options;
  const url = `http://127.0.0.1:${port}`;
  const link: Link =
    kind === 'bare' ? new BareLink(port) : await SocketLink.connect({ url, roomId: 'bench', peerId: name });
  return await LoadPeer.join({ link, displayName: name, sends: !receives, receives });
}

async function publish(options: ForwardLoadOptions): Promise<() => void> {
  const { videoBitrate } = options;
  if (options.kind === 'janus') return await JanusRoom.publish(options.port, videoBitrate);
  const publisher = await join(options, false, 'publisher');
  await publisher.publish({ audioBitrate: 0, videoBitrate });
  return () => {
    for (const source of publisher.sources) source.advance(performance.now());
  };
}

async function subscribe(options: ForwardLoadOptions): Promise<Subscriber[]> {
  const subscribers: Subscriber[] = [];
  let next = 0;
  const joinNext = async () => {
    for (let index = next++; index < options.subscribers; index = next++) {
      const name = `subscriber-${index}`;
      const subscriber =
        options.kind === 'janus' ? await JanusRoom.subscribe(options.port) : await join(options, true, name);
      subscribers.push(subscriber);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, joinNext));
  return subscribers;
}

async function untilAllReceive(subscribers: readonly Subscriber[]): Promise<void> {
  const deadline = performance.now() + patience;
  const receiving = () => subscribers.filter(({ counters }) => (counters[0]?.received ?? 0) > 0).length;
  while (receiving() < subscribers.length) {
    if (performance.now() > deadline)
      throw new Error(`only ${receiving()} of ${subscribers.length} subscribers receive anything`);
    await Bun.sleep(20);
  }
}

function mark(options: ForwardLoadOptions, subscribers: readonly Subscriber[]) {
  const counters = subscribers.flatMap((subscriber) => subscriber.counters);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    at: performance.now(),
    received: sum(counters.map(({ received }) => received)),
    lost: sum(counters.map(({ lost }) => lost)),
    server: cpuSeconds(options.serverPid),
    workers: sum(options.workerPids.map(threadSeconds)),
    load: cpuSeconds(process.pid),
  };
}

async function main(): Promise<void> {
  const options = loadOptions<ForwardLoadOptions>();
  const advance = await publish(options);
  setInterval(advance, tick);
  const subscribers = await subscribe(options);
  await untilAllReceive(subscribers);
  await Bun.sleep(options.warmUp);
  const from = mark(options, subscribers);
  await Bun.sleep(options.duration);
  const to = mark(options, subscribers);
  const result: ForwardLoadResult = {
    packets: to.received - from.received,
    lost: to.lost - from.lost,
    serverCpuSeconds: to.server - from.server,
    workerCpuSeconds: to.workers - from.workers,
    loadCpuSeconds: to.load - from.load,
    seconds: (to.at - from.at) / 1000,
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
