import { type CodecName, codecNames } from '../../core/codecs.ts';

/** How a room began: the same on every node that has it. Nodes that open it later take it over. */
export interface RoomOrigin {
  /** Of this life of the room (UUIDv7): one that is opened after it has ended everywhere has another. */
  readonly life: string;
  /** When it was opened first, in milliseconds since the epoch, by the clock of that node. */
  readonly openedAt: number;
  /** Its codecs as long as it lives, by the names of TUREEN_CODECS; a node of another version may know others. */
  readonly codecs: readonly string[];
  /** Whether they are options of the room, not the settings of the node that opened it. */
  readonly chosen: boolean;
}

/** The origin of a room as one node knows it. Of two that were opened while they knew nothing of each other the earlier one holds. */
export class KnownOrigin {
  #current: RoomOrigin;
  #isOwn = true;
  #settled = false;

  constructor(own: RoomOrigin) {
    this.#current = own;
  }

  get current(): RoomOrigin {
    return this.#current;
  }

  /** Whether the room was opened here first, as far as is known. */
  get isOwn(): boolean {
    return this.#isOwn;
  }

  /** What other nodes may take over; undefined before they were asked, when they know it better. */
  get stated(): RoomOrigin | undefined {
    return this.#settled ? this.#current : undefined;
  }

  /** Another node says how it began. */
  take(origin: RoomOrigin): void {
    const isUndecided = this.#isOwn && !this.#settled;
    if (!isUndecided && !isEarlier(origin, this.#current)) return;
    this.#current = origin;
    this.#isOwn = false;
  }

  /** The other nodes were asked. */
  settle(): void {
    this.#settled = true;
  }

  /** The codecs that this version knows. */
  get codecs(): CodecName[] {
    return codecNames
      .filter((name) => this.#current.codecs.includes(name))
      .sort((one, other) => this.#rank(one) - this.#rank(other));
  }

  #rank(codec: CodecName): number {
    return this.#current.codecs.indexOf(codec);
  }
}

function isEarlier(one: RoomOrigin, other: RoomOrigin): boolean {
  return one.openedAt === other.openedAt ? one.life < other.life : one.openedAt < other.openedAt;
}
