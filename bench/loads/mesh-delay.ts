/** Load of the benchmark `mesh`: the way of sound from a peer at one node to a peer at another, packet by packet. */
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { loadOptions } from './load-process.ts';
import { stamp, stampOf } from './stamp.ts';

export interface MeshDelayOptions {
  originPort: number;
  farPort: number;
  packets: number;
}

export interface MeshDelayResult {
  /** Of each packet. */
  milliseconds: number[];
}

const roomId = 'delay';
const tickMs = 5;
/** The first packets meet code that has not been compiled yet. */
const unmeasured = 50;

async function join(port: number, peerId: string, sends: boolean): Promise<LoadPeer> {
  const link = await SocketLink.connect({ url: `http://127.0.0.1:${port}`, roomId, peerId, fast: true });
  return await LoadPeer.join({ link, displayName: peerId, sends, receives: !sends });
}

const { originPort, farPort, packets } = loadOptions<MeshDelayOptions>();
const sender = await join(originPort, 'sender', true);
await sender.publish({ audioBitrate: 32_000, videoBitrate: 0, stamp });
const receiver = await join(farPort, 'receiver', false);
const delays: number[] = [];
const { promise: complete, resolve } = Promise.withResolvers<void>();
receiver.onPacket = (payload) => {
  const sentAt = stampOf(payload);
  if (sentAt === undefined) return;
  delays.push(performance.now() - sentAt);
  if (delays.length >= unmeasured + packets) resolve();
};
const sending = setInterval(() => {
  for (const source of sender.sources) source.advance(performance.now());
}, tickMs);
await complete;
clearInterval(sending);
const result: MeshDelayResult = { milliseconds: delays.slice(unmeasured) };
console.log(JSON.stringify(result));
process.exit(0);
