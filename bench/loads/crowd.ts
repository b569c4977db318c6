/**
 * Load of the benchmarks `spread` and `audience`: peers that receive. Then the benchmark stops this process, so that the
 * media workers have the cores, and afterwards asks the server how much they sent.
 */
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { gather } from './gathering.ts';
import { loadOptions } from './load-process.ts';

export interface CrowdLoadOptions {
  port: number;
  roomId: string;
  peers: number;
  /** Whether they join as an audience. */
  audience?: boolean;
}

interface StreamStats {
  readonly type: string;
  readonly packetCount: number;
}

const { port, roomId, peers, audience = false } = loadOptions<CrowdLoadOptions>();

const crowd = await gather(peers, async (peerId) => {
  const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId, audience });
  const peer = await LoadPeer.join({ link, displayName: peerId, sends: false, receives: true, audience });
  return { link, peer, counters: peer.counters, close: () => peer.close() };
});

/** Packets that the server has sent to all of them since they joined. */
async function packetsSent(): Promise<number> {
  const counts = crowd.flatMap(({ link, peer }) =>
    peer.consumerIds.map(async (consumerId) => {
      const stats = await link.request<StreamStats[]>('getConsumerStats', { consumerId });
      return stats.find(({ type }) => type === 'outbound-rtp')?.packetCount ?? 0;
    }),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

console.log(JSON.stringify({ peers }));
for await (const _line of console) console.log(JSON.stringify({ packets: await packetsSent() }));
