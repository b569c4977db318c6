/** Load of the benchmark `boot`: peers that have joined and stay, without media. */
import { loadOptions } from './load-process.ts';
import { RawPeer } from './raw-peer.ts';

export interface PeersLoadOptions {
  port: number;
  peers: number;
  peersPerRoom: number;
  /** Peers that are joining at the same time. */
  atOnce: number;
}

const { port, peers, peersPerRoom, atOnce } = loadOptions<PeersLoadOptions>();
let next = 0;

async function joinNext(): Promise<void> {
  for (let index = next++; index < peers; index = next++) {
    const peer = await RawPeer.connect(port, `room-${Math.floor(index / peersPerRoom)}`, `peer-${index}`);
    const rtpCapabilities = await peer.request('getRouterRtpCapabilities');
    const device = { flag: 'chrome', name: 'Chrome', version: '156.0' };
    await peer.request('join', { displayName: `Peer ${index}`, device, rtpCapabilities });
  }
}

await Promise.all(Array.from({ length: atOnce }, joinNext));
console.log(JSON.stringify({ peers }));
