/** Load of the benchmarks `spread`, `audience` and `full`: a peer that sends, at a pace that the benchmark sets by lines on standard input. */
import type { SigningKey } from '../../scripts/machine/command-line.ts';
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { tokenOf } from '../load/token.ts';
import { loadOptions } from './load-process.ts';
import { type Pace, Pacer } from './pacer.ts';

export interface PublisherLoadOptions {
  port: number;
  roomId: string;
  /** Bits a second of the video at full pace. */
  videoBitrate: number;
  /** Signs its token, for a server that has keys. */
  signing?: SigningKey;
}

const { port, roomId, videoBitrate, signing } = loadOptions<PublisherLoadOptions>();
const who = { roomId, peerId: 'publisher' };
const token = await tokenOf(signing, who);
const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, ...who, token });
const peer = await LoadPeer.join({ link, displayName: 'publisher', sends: true, receives: false });
await peer.publish({ audioBitrate: 0, videoBitrate });
const pacer = new Pacer(peer.sources, videoBitrate);
console.log(JSON.stringify({ sent: pacer.sent }));
for await (const line of console) {
  pacer.setPace(line as Pace);
  console.log(JSON.stringify({ sent: pacer.sent }));
}
