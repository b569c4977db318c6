import type { PeerShare, ShareChange } from '../sfu/rooms/share.ts';
import type { Statement } from './messages.ts';
import { ShareHash } from './share-hash.ts';

/** What this node says of one room. */
export class LocalShare {
  readonly #hash = new ShareHash();
  readonly #peers = new Map<string, PeerShare>();

  /** @param number of its last change; greater than any that this life gave the room before */
  constructor(
    private number: number,
    peers: readonly PeerShare[],
  ) {
    for (const peer of peers) this.#put(peer);
  }

  get peers(): PeerShare[] {
    return [...this.#peers.values()];
  }

  get statement(): Statement {
    return { number: this.number, hash: this.#hash.text };
  }

  /** @returns the number of the change, and the peer that it is about as it is, or was */
  change(change: ShareChange): { readonly number: number; readonly peer: PeerShare | undefined } {
    const peer = change.op === 'put' ? change.peer : this.#peers.get(change.sessionId);
    if (change.op === 'put') this.#put(change.peer);
    else {
      this.#hash.drop(change.sessionId);
      this.#peers.delete(change.sessionId);
    }
    this.number += 1;
    return { number: this.number, peer };
  }

  #put(peer: PeerShare): void {
    this.#hash.put(peer);
    this.#peers.set(peer.sessionId, peer);
  }
}
