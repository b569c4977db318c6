/** Load of the benchmark `audience`: a process in which one peer sends to a room and many come to receive. */
import { cpuSeconds, memoryOf } from '../harness/proc.ts';
import { quantile } from '../harness/statistics.ts';
import { joinRoom } from './join.ts';
import { loadOptions } from './load-process.ts';
import { RawPeer } from './raw-peer.ts';
import { dtlsParameters } from './rtp.ts';

export interface AudienceLoadOptions {
  /** Each is joined as its own client does. */
  side: 'ours' | 'reference';
  port: number;
  serverPid: number;
  receivers: number;
  joinsPerSecond: number;
  /** So many of the receivers leave at the end. */
  leaving: number;
}

export interface AudienceLoadResult {
  /** What the receivers were sent until all were there and nothing more came. */
  frames: number;
  bytes: number;
  /** From opening the socket until it is in the call and has all that is sent. */
  joinMilliseconds: { median: number; p99: number };
  serverCpuSeconds: number;
  /** What the server's own memory grew by. */
  memoryBytes: number;
  /** What those who stayed were sent while the others left. */
  framesOfLeaving: number;
}

const roomId = 'auditorium';
/** What the peer that sends publishes. */
const published = 2;
/** When nothing was sent for so long, everybody has been told. */
const quietMs = 1500;
/** A load that takes longer is stuck. */
const loadTimeoutMs = 600_000;
const device = { flag: 'chrome', name: 'Chrome', version: '156.0' };

/** As a client of the mediasoup demo that only receives. */
async function joinReference(port: number, peerId: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, roomId, peerId);
  const complete = new Promise<void>((resolve) => {
    peer.onConsumer = () => void (peer.consumers >= published && resolve());
  });
  const rtpCapabilities = await peer.request('getRouterRtpCapabilities');
  const { id: transportId } = await peer.request('createWebRtcTransport', {
    ...{ forceTcp: false, producing: false, consuming: true },
  });
  await peer.request('join', { displayName: `Peer ${peerId}`, device, rtpCapabilities });
  await peer.request('connectWebRtcTransport', { transportId, dtlsParameters });
  await complete;
  return peer;
}

/** As our client library. */
async function joinOurs(port: number, peerId: string): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, roomId, peerId, { fast: '1', roster: '1', audience: '1' });
  const { routerRtpCapabilities: rtpCapabilities, recvTransport } = await peer.welcome;
  const { id: transportId } = recvTransport as { id: string };
  const joined = peer.request('join', {
    ...{ displayName: `Peer ${peerId}`, device, rtpCapabilities, audience: true },
  });
  const connected = peer.request('connectWebRtcTransport', { transportId, dtlsParameters });
  const { consumers } = (await joined) as { consumers: { id: string }[] };
  await connected;
  if (consumers.length !== published) throw new Error(`${peerId} was given ${consumers.length} consumers`);
  await peer.request('resumeConsumers', { consumerIds: consumers.map(({ id }) => id) });
  return peer;
}

/** Lets them come at their pace, however long the server takes for each. @returns what each took, in milliseconds */
async function fill({ side, port, receivers, joinsPerSecond }: AudienceLoadOptions, peers: RawPeer[]) {
  const join = side === 'ours' ? joinOurs : joinReference;
  const startedAt = performance.now();
  const joins: Promise<number>[] = [];
  for (let index = 0; index < receivers; index += 1) {
    const due = startedAt + (index * 1000) / joinsPerSecond;
    await Bun.sleep(Math.max(0, due - performance.now()));
    const begun = performance.now();
    const joining = join(port, `peer-${index}`).then((peer) => {
      peers.push(peer);
      return performance.now() - begun;
    });
    joins.push(joining);
  }
  return await Promise.all(joins);
}

function framesOf(peers: readonly RawPeer[]): number {
  return peers.reduce((sum, { frames }) => sum + frames, 0);
}

/** Resolves when nothing is sent to them any more. */
async function untilQuiet(peers: readonly RawPeer[]): Promise<void> {
  for (let before = -1, now = framesOf(peers); now !== before; now = framesOf(peers)) {
    before = now;
    await Bun.sleep(quietMs);
  }
}

async function main(): Promise<void> {
  const options = loadOptions<AudienceLoadOptions>();
  const { port, serverPid, leaving } = options;
  const peers: RawPeer[] = [];
  setTimeout(() => {
    console.error(`gave up with ${peers.length} of ${options.receivers} peers in the room`);
    process.exit(1);
  }, loadTimeoutMs);
  await joinRoom(port, roomId, 'sender', 0);
  const before = { cpu: cpuSeconds(serverPid), memory: memoryOf(serverPid).anonymous };
  const times = await fill(options, peers);
  await untilQuiet(peers);
  const serverCpuSeconds = cpuSeconds(serverPid) - before.cpu;
  const memoryBytes = memoryOf(serverPid).anonymous - before.memory;
  const frames = framesOf(peers);
  const bytes = peers.reduce((sum, peer) => sum + peer.bytes, 0);
  const staying = peers.slice(leaving);
  const told = framesOf(staying);
  for (const peer of peers.slice(0, leaving)) peer.close();
  await untilQuiet(staying);
  const result: AudienceLoadResult = {
    ...{ frames, bytes, serverCpuSeconds, memoryBytes },
    joinMilliseconds: { median: quantile(times, 0.5), p99: quantile(times, 0.99) },
    framesOfLeaving: framesOf(staying) - told,
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
