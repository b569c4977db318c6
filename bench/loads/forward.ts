/**
 * Load of the benchmark `forward`: one peer that sends and many that receive, over real WebRTC. It prints a line when all
 * are there, and measures once for each line that it reads.
 */
import { cpuSeconds, threadSeconds } from '../harness/proc.ts';
import { type Link, SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import type { MediaSource } from '../load/source.ts';
import { BareLink } from './bare-link.ts';
import { gather, type Receiver } from './gathering.ts';
import { JanusRoom } from './janus.ts';
import { loadOptions } from './load-process.ts';
import { type Pace, Pacer } from './pacer.ts';

export interface ForwardLoadOptions {
  kind: 'tureen' | 'bare' | 'janus';
  port: number;
  /** Where the subscribers are, in turns, when that is not where the publisher is. */
  subscriberPorts?: readonly number[];
  /** The processes that signal, when those are others than those that forward. */
  serverPids?: readonly number[];
  workerPids: readonly number[];
  subscribers: number;
  /** Bits a second of the video that is sent. */
  videoBitrate: number;
}

/** The command to measure now, for that many milliseconds. */
export interface ForwardWindow {
  readonly duration: number;
  /** Default: full. */
  readonly pace?: Pace;
}

export interface ForwardLoadResult {
  /** Packets that the subscribers received while it was measured. */
  packets: number;
  lost: number;
  serverCpuSeconds: number;
  workerCpuSeconds: number;
  /** The same of each, in the order of `workerPids`. */
  workersCpuSeconds: readonly number[];
  loadCpuSeconds: number;
  seconds: number;
}

/** Milliseconds that media flows before a window begins. */
const lead = 1500;

type Mark = ReturnType<typeof mark>;

type Place = Pick<ForwardLoadOptions, 'kind' | 'port'>;

async function join({ kind, port }: Place, receives: boolean, name: string): Promise<LoadPeer> {
  const url = `http://127.0.0.1:${port}`;
  const link: Link =
    kind === 'bare' ? new BareLink(port) : await SocketLink.connect({ url, roomId: 'bench', peerId: name });
  return await LoadPeer.join({ link, displayName: name, sends: !receives, receives });
}

async function publish(options: ForwardLoadOptions): Promise<readonly MediaSource[]> {
  const { videoBitrate } = options;
  if (options.kind === 'janus') return [await JanusRoom.publish(options.port, videoBitrate)];
  const publisher = await join(options, false, 'publisher');
  await publisher.publish({ audioBitrate: 0, videoBitrate });
  return publisher.sources;
}

function subscribe(options: ForwardLoadOptions): Promise<Receiver[]> {
  const { kind, port, subscribers, subscriberPorts = [port] } = options;
  let entered = 0;
  return gather(subscribers, (name) => {
    if (kind === 'janus') return JanusRoom.subscribe(port);
    entered += 1;
    return join({ kind, port: subscriberPorts[entered % subscriberPorts.length] ?? port }, true, name);
  });
}

function mark(options: ForwardLoadOptions, subscribers: readonly Receiver[]) {
  const counters = subscribers.flatMap((subscriber) => subscriber.counters);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    at: performance.now(),
    received: sum(counters.map(({ received }) => received)),
    lost: sum(counters.map(({ lost }) => lost)),
    server: sum((options.serverPids ?? []).map(cpuSeconds)),
    workers: options.workerPids.map(threadSeconds),
    load: cpuSeconds(process.pid),
  };
}

/** Lets media flow during the window and shortly before it, so that the start is not counted. */
async function measure({ duration, pace = 'full' }: ForwardWindow, pacer: Pacer, marked: () => Mark) {
  pacer.setPace(pace);
  await Bun.sleep(lead);
  const from = marked();
  await Bun.sleep(duration);
  const to = marked();
  pacer.setPace('slow');
  const workersCpuSeconds = to.workers.map((seconds, index) => seconds - (from.workers[index] ?? 0));
  return {
    packets: to.received - from.received,
    lost: to.lost - from.lost,
    serverCpuSeconds: to.server - from.server,
    workerCpuSeconds: workersCpuSeconds.reduce((total, seconds) => total + seconds, 0),
    workersCpuSeconds,
    loadCpuSeconds: to.load - from.load,
    seconds: (to.at - from.at) / 1000,
  } satisfies ForwardLoadResult;
}

async function main(): Promise<void> {
  const options = loadOptions<ForwardLoadOptions>();
  const pacer = new Pacer(await publish(options), options.videoBitrate);
  pacer.setPace('slow');
  const subscribers = await subscribe(options);
  console.log(JSON.stringify({ subscribers: subscribers.length }));
  for await (const line of console) {
    const window = JSON.parse(line) as ForwardWindow;
    console.log(JSON.stringify(await measure(window, pacer, () => mark(options, subscribers))));
  }
}

if (import.meta.main) await main();
