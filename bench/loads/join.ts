/** Load of the benchmark `join`: a process in which many peers join rooms, publish and receive consumers. */
import { cpuSeconds } from '../harness/proc.ts';
import { quantile } from '../harness/statistics.ts';
import { loadOptions } from './load-process.ts';
import { RawPeer } from './raw-peer.ts';
import { camera, dtlsParameters, microphone } from './rtp.ts';

export interface JoinLoadOptions {
  port: number;
  serverPid: number;
  rooms: number;
  peersPerRoom: number;
  /** Peers that are joining at the same time. */
  atOnce: number;
}

export interface JoinLoadResult {
  /** From the first connection until every consumer exists. */
  seconds: number;
  /** From opening the socket until the peer publishes and has a consumer of all that was published before. */
  joinMilliseconds: { median: number; p99: number };
  consumers: number;
  serverCpuSeconds: number;
  loadCpuSeconds: number;
}

const tracksPerPeer = 2;
/** A load that takes longer is stuck, for example on a missing consumer. */
const loadTimeoutMs = 180_000;

/** The requests of a client of the mediasoup demo, in its order, one after the other. */
export async function joinRoom(
  port: number,
  roomId: string,
  peerId: string,
  published: number,
): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, roomId, peerId);
  const complete = new Promise<void>((resolve) => {
    peer.onConsumer = () => void (peer.consumers >= published && resolve());
    if (published === 0) resolve();
  });
  const rtpCapabilities = await peer.request('getRouterRtpCapabilities');
  const send = await peer.request('createWebRtcTransport', {
    forceTcp: false,
    producing: true,
    consuming: false,
  });
  await peer.request('createWebRtcTransport', { forceTcp: false, producing: false, consuming: true });
  const device = { flag: 'chrome', name: 'Chrome', version: '156.0' };
  await peer.request('join', { displayName: `Peer ${peerId}`, device, rtpCapabilities });
  const transportId = send.id;
  await peer.request('connectWebRtcTransport', { transportId, dtlsParameters });
  await peer.request('produce', { transportId, kind: 'audio', rtpParameters: microphone, appData: {} });
  await peer.request('produce', { transportId, kind: 'video', rtpParameters: camera, appData: {} });
  await complete;
  return peer;
}

/** Fills the rooms evenly, with a limited number of joins at a time. @returns the time of each join in milliseconds */
async function joinAll({ port, rooms, peersPerRoom, atOnce }: JoinLoadOptions, peers: RawPeer[]) {
  const times: number[] = [];
  const finished = new Array<number>(rooms).fill(0);
  let next = 0;
  const joinNext = async () => {
    for (let index = next++; index < rooms * peersPerRoom; index = next++) {
      const room = index % rooms;
      const startedAt = performance.now();
      const published = (finished[room] ?? 0) * tracksPerPeer;
      peers.push(await joinRoom(port, `room-${room}`, `peer-${index}`, published));
      finished[room] = (finished[room] ?? 0) + 1;
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, joinNext));
  return times;
}

/** Resolves when the peers together have that many consumers. */
function untilConsumers(peers: readonly RawPeer[], wanted: number): Promise<void> {
  return new Promise((resolve) => {
    let count = peers.reduce((sum, peer) => sum + peer.consumers, 0);
    if (count >= wanted) resolve();
    for (const peer of peers) {
      peer.onConsumer = () => {
        count += 1;
        if (count >= wanted) resolve();
      };
    }
  });
}

function giveUp(peers: readonly RawPeer[], wanted: number): void {
  const count = peers.reduce((sum, peer) => sum + peer.consumers, 0);
  console.error(`gave up with ${peers.length} peers joined and ${count} of ${wanted} consumers`);
  process.exit(1);
}

async function main(): Promise<void> {
  const options = loadOptions<JoinLoadOptions>();
  const { rooms, peersPerRoom, serverPid } = options;
  const consumers = rooms * peersPerRoom * (peersPerRoom - 1) * tracksPerPeer;
  const peers: RawPeer[] = [];
  setTimeout(() => giveUp(peers, consumers), loadTimeoutMs);
  const serverBefore = cpuSeconds(serverPid);
  const startedAt = performance.now();
  const times = await joinAll(options, peers);
  await untilConsumers(peers, consumers);
  const result: JoinLoadResult = {
    seconds: (performance.now() - startedAt) / 1000,
    joinMilliseconds: { median: quantile(times, 0.5), p99: quantile(times, 0.99) },
    consumers: peers.reduce((sum, peer) => sum + peer.consumers, 0),
    serverCpuSeconds: cpuSeconds(serverPid) - serverBefore,
    loadCpuSeconds: cpuSeconds(process.pid),
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
