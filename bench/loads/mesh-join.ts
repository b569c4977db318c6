/** Load of the benchmark `mesh`: peers that join, by the fast join, until the first packet of a camera that is on already. */
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { loadOptions } from './load-process.ts';
import { Pacer } from './pacer.ts';

export interface MeshJoinOptions {
  originPort: number;
  farPort: number;
  rooms: number;
  /** Where the load compiles its code, in a round that is not counted; the far node unless given. */
  warmPort?: number;
}

/** Milliseconds from the opening of a socket until the first packet, which of video begins a key frame. */
export interface MeshJoinResult {
  /** Of the first peer of a room on its node. */
  first: number[];
  /** Of those after it. */
  later: number[];
}

interface Entrance {
  readonly port: number;
  readonly roomId: string;
  readonly peerId: string;
}

const videoBitrate = 200_000;

async function enter({ port, roomId, peerId }: Entrance, sends: boolean): Promise<LoadPeer> {
  const startedAt = performance.now();
  const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId, fast: true });
  return await LoadPeer.join({ link, displayName: peerId, sends, receives: !sends, startedAt });
}

/** Enters and waits for the first packet. */
async function watch(entrance: Entrance, peers: LoadPeer[]): Promise<number> {
  const peer = await enter(entrance, false);
  peers.push(peer);
  if (peer.firstPacketMilliseconds === undefined)
    await new Promise<void>((resolve) => {
      peer.onPacket = () => resolve();
    });
  return peer.firstPacketMilliseconds ?? Number.NaN;
}

const { rooms, warmPort, ...ports } = loadOptions<MeshJoinOptions>();
const result: MeshJoinResult = { first: [], later: [] };
for (let round = 0; round <= rooms; round += 1) {
  const isWarming = round === 0 && warmPort !== undefined;
  const { originPort, farPort } = isWarming ? { originPort: warmPort, farPort: warmPort } : ports;
  const roomId = `join-${Bun.randomUUIDv7()}`;
  const publisher = await enter({ port: originPort, roomId, peerId: 'publisher' }, true);
  await publisher.publish({ audioBitrate: 0, videoBitrate });
  const pacer = new Pacer(publisher.sources, videoBitrate);
  pacer.setPace('full');
  const peers = [publisher];
  const first = await watch({ port: farPort, roomId, peerId: 'first' }, peers);
  const later = await watch({ port: farPort, roomId, peerId: 'later' }, peers);
  if (round > 0) {
    result.first.push(first);
    result.later.push(later);
  }
  pacer.setPace('silent');
  for (const peer of peers) peer.close();
}
console.log(JSON.stringify(result));
process.exit(0);
