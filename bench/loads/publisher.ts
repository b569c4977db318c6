/** Load of the benchmark `spread`: a peer that sends, at a pace that the benchmark sets by lines on standard input. */
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { loadOptions } from './load-process.ts';
import { type Pace, Pacer } from './pacer.ts';

export interface PublisherLoadOptions {
  port: number;
  roomId: string;
  /** Bits a second of the video at full pace. */
  videoBitrate: number;
}

const { port, roomId, videoBitrate } = loadOptions<PublisherLoadOptions>();
const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId: 'publisher' });
const peer = await LoadPeer.join({ link, displayName: 'publisher', sends: true, receives: false });
await peer.publish({ audioBitrate: 0, videoBitrate });
const pacer = new Pacer(peer.sources, videoBitrate);
console.log(JSON.stringify({ sent: pacer.sent }));
for await (const line of console) {
  pacer.setPace(line as Pace);
  console.log(JSON.stringify({ sent: pacer.sent }));
}
