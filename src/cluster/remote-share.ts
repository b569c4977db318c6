import type { NodeRef, PeerShare, ShareChange, SharesOfOthers } from '../sfu/rooms/share.ts';
import type { RoomMessageData, Statement } from './messages.ts';
import { ShareHash } from './share-hash.ts';

export type NumberedChange = RoomMessageData<'change'>;

export interface Snapshot extends Statement {
  readonly peers: readonly PeerShare[];
}

/** Changes that wait for a snapshot; beyond them another one is fetched. */
const maxWaiting = 1000;

/** What another life says of one room, as far as it is known here. It writes it into the roster. */
export class RemoteShare {
  /** When something of it was heard last, by the clock that never jumps. */
  heardAt: number;
  /** Of the last change that was taken; undefined until the share was fetched. */
  #number: number | undefined;
  #hash = new ShareHash();
  /** Changes that came while a snapshot is on its way. */
  #waiting: NumberedChange[] | undefined;

  constructor(
    readonly from: NodeRef,
    private readonly roster: SharesOfOthers,
    heardAt: number,
  ) {
    this.heardAt = heardAt;
  }

  get number(): number {
    return this.#number ?? 0;
  }

  /** Whether it is what its life says that it is. */
  fits({ number, hash }: Statement): boolean {
    if (this.#number === undefined) return false;
    // What was overtaken by changes that are here already says nothing.
    return number < this.#number || (number === this.#number && hash === this.#hash.text);
  }

  /** What is empty at first need not be fetched. @returns whether it is */
  beginEmpty({ number, hash }: Statement): boolean {
    if (this.#number !== undefined || hash !== this.#hash.text) return false;
    this.#number = number;
    return true;
  }

  /** Takes a change over. @returns false when another one was missed before it: the share has to be fetched */
  change(numbered: NumberedChange): boolean {
    if (this.#waiting) {
      if (this.#waiting.length < maxWaiting) this.#waiting.push(numbered);
      return true;
    }
    if (this.#number === undefined || numbered.number > this.#number + 1) return false;
    this.#take(numbered);
    return true;
  }

  /** A snapshot was asked for: changes wait for it. */
  expectSnapshot(numbered?: NumberedChange): void {
    this.#waiting = numbered ? [numbered] : [];
  }

  /** It did not come. */
  giveUpSnapshot(): void {
    this.#waiting = undefined;
  }

  /** Takes a snapshot in place of what was known, and the changes that came meanwhile. @returns whether it is complete */
  replace({ number, hash, peers }: Snapshot): boolean {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#hash = new ShareHash();
    for (const peer of peers) this.#hash.put(peer);
    const isWhole = this.#hash.text === hash;
    this.#number = number;
    this.roster.replaceNode(this.from, peers);
    const later = waiting.toSorted((one, other) => one.number - other.number);
    return isWhole && later.every((numbered) => this.change(numbered));
  }

  #take({ number, change }: NumberedChange): void {
    // A number that was taken before comes twice, or late.
    if (this.#number === undefined || number <= this.#number) return;
    this.#number = number;
    this.#apply(change);
  }

  #apply(change: ShareChange): void {
    if (change.op === 'put') {
      this.#hash.put(change.peer);
      this.roster.put(change.peer, this.from);
    } else {
      this.#hash.drop(change.sessionId);
      this.roster.drop(change.sessionId, this.from, change.reason);
    }
  }
}
