/**
 * Load of the benchmark `full`: peers that come one after the other to receive video, until a bound. They are real until
 * their media flows, and then throw it away unread, so that it costs the worker as much as ever and this process little.
 */
import { Socket } from 'node:dgram';
import type { SigningKey } from '../../scripts/machine/command-line.ts';
import { SocketLink } from '../load/link.ts';
import { LoadPeer } from '../load/peer.ts';
import { tokenOf } from '../load/token.ts';
import { loadOptions } from './load-process.ts';

export interface JoinersLoadOptions {
  port: number;
  roomId: string;
  joiners: number;
  joinsPerSecond: number;
  signing: SigningKey;
}

export interface JoinersLoadResult {
  /** In the room, and refused because the server is full. */
  entered: number;
  refused: number;
  /** Anything else, as a join that took too long. */
  failed: number;
}

/** A worker that has far too much to do answers late. */
const joinTimeoutMs = 15_000;

/** RTP and RTCP begin with such a byte, and neither STUN nor DTLS does (RFC 7983, section 7). */
const isMedia = (first = 0) => first >= 128 && first <= 191;

function throwMediaAway(): void {
  const { emit } = Socket.prototype;
  Socket.prototype.emit = function (this: Socket, name: string, ...args: unknown[]) {
    const [datagram] = args;
    if (name === 'message' && datagram instanceof Uint8Array && isMedia(datagram[0])) return true;
    return Reflect.apply(emit, this, [name, ...args]);
  } as typeof emit;
}

const { port, roomId, joiners, joinsPerSecond, signing } = loadOptions<JoinersLoadOptions>();
const url = `http://127.0.0.1:${port}`;

async function enter(peerId: string): Promise<LoadPeer> {
  const token = await tokenOf(signing, { roomId, peerId });
  const link = await SocketLink.connect({ url, roomId, peerId, token, audience: true });
  const joined = LoadPeer.join({
    ...{ link, displayName: peerId, sends: false, receives: true, audience: true },
  });
  const late = Bun.sleep(joinTimeoutMs).then(() => {
    throw new Error('the join took too long');
  });
  try {
    return await Promise.race([joined, late]);
  } catch (error) {
    link.close();
    throw error;
  }
}

async function main(): Promise<void> {
  throwMediaAway();
  const result: JoinersLoadResult = { entered: 0, refused: 0, failed: 0 };
  const count = (error: Error) => {
    if (error.message.includes('busy: ')) result.refused += 1;
    else result.failed += 1;
  };
  const startedAt = performance.now();
  const joins: Promise<void>[] = [];
  for (let index = 0; index < joiners; index += 1) {
    const due = startedAt + (index * 1000) / joinsPerSecond;
    await Bun.sleep(Math.max(0, due - performance.now()));
    joins.push(
      enter(`joiner-${index}`).then(() => {
        result.entered += 1;
      }, count),
    );
  }
  await Promise.all(joins);
  console.log(JSON.stringify(result));
}

await main();
