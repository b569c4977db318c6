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
  /** Milliseconds from the first join after which nobody is waited for any more. */
  limit: number;
  /** So many come first, to a room of their own, and go: what a server compiles at its first joins is not the room's cost. */
  rehearsing: number;
}

export interface AudienceLoadResult {
  /** Receivers that had all that is sent when the time was over; all other figures are of them. */
  joined: number;
  /** What they were sent until all were there and nothing more came. */
  frames: number;
  bytes: number;
  /** From opening the socket until it is in the call and has all that is sent. */
  joinMilliseconds: { median: number; p99: number };
  serverCpuSeconds: number;
  /** What the server's own memory grew by. */
  memoryBytes: number;
  /** What those who stayed were sent while the others left. */
  framesOfLeaving: number;
  /** What this process itself used while they came, of a core. */
  loadCores: number;
}

const roomId = 'auditorium';
/** What the peer that sends publishes. */
const published = 2;
/** When nothing was sent for so long, everybody has been told. */
const quietMs = 1500;
const device = { flag: 'chrome', name: 'Chrome', version: '156.0' };

type Place = Pick<AudienceLoadOptions, 'side' | 'port'> & { readonly roomId: string };
type Filling = Pick<AudienceLoadOptions, 'receivers' | 'joinsPerSecond' | 'limit'>;

/** As a client of the mediasoup demo that only receives. */
async function joinReference({ port, roomId }: Place, peerId: string): Promise<RawPeer> {
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
async function joinOurs({ port, roomId }: Place, peerId: string): Promise<RawPeer> {
  const wishes = { fast: '1', resume: '1', move: '1', roster: '1', audience: '1' };
  const peer = await RawPeer.connect(port, roomId, peerId, wishes);
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

/** Those who came, and how long it took each, in milliseconds. */
interface Crowd {
  readonly peers: RawPeer[];
  readonly times: number[];
}

/** Lets them come at their pace, however long the server takes for each. Whoever is not there at the limit is left out. */
async function fill(place: Place, { receivers, joinsPerSecond, limit }: Filling): Promise<Crowd> {
  const join = place.side === 'ours' ? joinOurs : joinReference;
  const crowd: Crowd = { peers: [], times: [] };
  const startedAt = performance.now();
  const over = Bun.sleep(limit);
  const joins: Promise<void>[] = [];
  for (let index = 0; index < receivers; index += 1) {
    const due = startedAt + (index * 1000) / joinsPerSecond;
    await Bun.sleep(Math.max(0, due - performance.now()));
    const begun = performance.now();
    const joining = join(place, `peer-${index}`).then(
      (peer) => {
        crowd.peers.push(peer);
        crowd.times.push(performance.now() - begun);
      },
      (error: Error) => console.error(`peer-${index} did not come in: ${error.message}`),
    );
    joins.push(joining);
  }
  await Promise.race([Promise.all(joins), over]);
  // Those who come after the limit are not counted.
  const { peers, times } = crowd;
  if (peers.length < receivers) console.error(`${peers.length} of ${receivers} were there in time`);
  return { peers: [...peers], times: [...times] };
}

function framesOf(peers: readonly RawPeer[]): number {
  return peers.reduce((sum, { frames }) => sum + frames, 0);
}

/** Resolves when nothing is sent to them any more, or after the limit. */
async function untilQuiet(peers: readonly RawPeer[], limit: number): Promise<void> {
  const deadline = performance.now() + limit;
  for (let before = -1, now = framesOf(peers); now !== before; now = framesOf(peers)) {
    if (performance.now() > deadline)
      return console.error('they were sent more and more; it was not waited for');
    before = now;
    await Bun.sleep(quietMs);
  }
}

async function rehearse({
  side,
  port,
  joinsPerSecond,
  limit,
  rehearsing,
}: AudienceLoadOptions): Promise<void> {
  const place = { side, port, roomId: 'rehearsal' } as const;
  const sender = await joinRoom(port, place.roomId, 'sender', 0);
  const { peers } = await fill(place, { receivers: rehearsing, joinsPerSecond, limit });
  for (const peer of [sender, ...peers]) peer.close();
  await Bun.sleep(quietMs);
}

async function main(): Promise<void> {
  const options = loadOptions<AudienceLoadOptions>();
  const { side, port, serverPid, leaving, limit } = options;
  await rehearse(options);
  await joinRoom(port, roomId, 'sender', 0);
  const usage = () => ({
    at: performance.now(),
    cpu: cpuSeconds(serverPid),
    memory: memoryOf(serverPid).anonymous,
    load: cpuSeconds(process.pid),
  });
  const before = usage();
  const { peers, times } = await fill({ side, port, roomId }, options);
  await untilQuiet(peers, limit);
  const after = usage();
  const frames = framesOf(peers);
  const bytes = peers.reduce((sum, peer) => sum + peer.bytes, 0);
  const staying = peers.slice(leaving);
  const told = framesOf(staying);
  for (const peer of peers.slice(0, leaving)) peer.close();
  await untilQuiet(staying, limit);
  const result: AudienceLoadResult = {
    ...{ joined: peers.length, frames, bytes },
    serverCpuSeconds: after.cpu - before.cpu,
    memoryBytes: after.memory - before.memory,
    joinMilliseconds: { median: quantile(times, 0.5), p99: quantile(times, 0.99) },
    framesOfLeaving: framesOf(staying) - told,
    loadCores: ((after.load - before.load) * 1000) / (after.at - before.at),
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
