import type { Clock } from '../core/clock.ts';
import type { PeerShare, ShareChange } from '../sfu/rooms/share.ts';
import type { NumberedChange } from './remote-share.ts';

export interface OutgoingChangesOptions {
  readonly clock: Clock;
  readonly say: (numbered: NumberedChange) => void;
}

/** What happens to the audience is said four times a second at most. */
const collectMs = 250;
/** Each may take some twenty kilobytes, with all that its token and its client say of it; a message of the bus one megabyte. */
const mostTogether = 32;

/**
 * The changes of a share on their way to the other nodes, in order. What those on stage do is said at once. The audience of
 * a large room, which is counted and not seen, is said together: thousands who come are not thousands of messages.
 */
export class OutgoingChanges {
  #waiting: NumberedChange[] = [];
  #cancel: () => void = () => {};

  constructor(private readonly options: OutgoingChangesOptions) {}

  /** @param peer whom it is about, as it is, or was */
  add(numbered: NumberedChange, peer: PeerShare | undefined): void {
    this.#waiting.push(numbered);
    const isOfAudience = peer !== undefined && isInAudience(peer);
    if (!isOfAudience || this.#waiting.length >= mostTogether) this.flush();
    else if (this.#waiting.length === 1)
      this.#cancel = this.options.clock.after(collectMs, () => this.flush());
  }

  /** Says what waits: others are about to be told of something that follows it. */
  flush(): void {
    this.#cancel();
    const [first, ...rest] = this.#waiting;
    this.#waiting = [];
    if (!first) return;
    const more = rest.map(({ change }) => change);
    this.options.say({ ...first, ...(more.length > 0 && { more }) });
  }
}

/** Each change of a message with its number. */
export function eachOf({ number, change, more = [] }: NumberedChange): NumberedChange[] {
  return [change, ...more].map((each: ShareChange, index) => ({ number: number + index, change: each }));
}

/** Whoever moves here from another node is not: nobody is to see a gap between both. */
function isInAudience(peer: PeerShare): boolean {
  const { state, joinedAt, standing = 'listed', publish, supersedes, publications, dataPublications } = peer;
  if (supersedes !== undefined || publications.length + dataPublications.length > 0) return false;
  return state === 'joined' ? standing !== 'listed' : joinedAt === null && publish === false;
}
