import type { PeerShare } from '../sfu/rooms/share.ts';
import type { Statement } from './messages.ts';

/**
 * What a share is, kept with each change: the hash of every peer by its session, and all of them XORed, so that neither
 * order nor way matters. xxHash64 is the same in every version of the runtime.
 */
export class ShareHash {
  readonly #peers = new Map<string, bigint>();
  #all = 0n;

  get size(): number {
    return this.#peers.size;
  }

  has(sessionId: string): boolean {
    return this.#peers.has(sessionId);
  }

  put(peer: PeerShare): void {
    this.drop(peer.sessionId);
    const hash = Bun.hash.xxHash64(JSON.stringify(peer));
    this.#peers.set(peer.sessionId, hash);
    this.#all ^= hash;
  }

  drop(sessionId: string): void {
    this.#all ^= this.#peers.get(sessionId) ?? 0n;
    this.#peers.delete(sessionId);
  }

  get text(): Statement['hash'] {
    return this.#all.toString(16).padStart(16, '0');
  }
}
