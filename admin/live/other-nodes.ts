import {
  type Gathered,
  joinParts,
  type MeshView,
  peersOf,
  unreachableOf,
} from '../../src/cluster/reads/view.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';

export interface OtherNodesOptions {
  readonly mesh: Pick<MeshView, 'self' | 'gather'>;
  readonly clock: Clock;
  /** Something new was read. */
  readonly changed: () => void;
}

/** Pages that are rendered within this time share what was read. */
const freshMs = 1000;
const readEveryMs = 2000;

/** What the pages show of the other nodes. It is read while somebody looks. */
export class OtherNodes {
  #latest: Gathered = { nodes: [], rooms: [] };
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Counts what was done here: what was asked before may not show it. */
  #done = 0;
  #cancel: (() => void) | undefined;
  #last:
    | { readonly own: readonly RoomSnapshot[]; readonly of: Gathered; readonly rooms: RoomSnapshot[] }
    | undefined;

  constructor(private readonly options: OtherNodesOptions) {}

  /** The rooms of this node, whose peers say where they are, and of all others. */
  joined(own: readonly RoomSnapshot[]): RoomSnapshot[] {
    if (this.#last?.own !== own || this.#last.of !== this.#latest)
      this.#last = { own, of: this.#latest, rooms: join(own, this.#latest, this.options.mesh.self) };
    return this.#last.rooms;
  }

  /** Asks the other nodes what they have. Undefined when that was done just now. */
  freshen(): Promise<void> | undefined {
    if (this.options.clock.elapsed() - this.#readAt < freshMs) return undefined;
    const done = this.#done;
    this.#reading ??= this.#read(done).finally(() => {
      if (done === this.#done) this.#reading = undefined;
    });
    return this.#reading;
  }

  /** What was read before is old now, and what is being read too. */
  refresh(): void {
    this.#done += 1;
    this.#reading = undefined;
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  /** Somebody looks. */
  follow(): void {
    this.#cancel ??= this.options.clock.after(readEveryMs, () => {
      this.#cancel = undefined;
      // Renders the pages, which reads.
      this.options.changed();
      this.follow();
    });
  }

  /** Nobody looks any more. */
  rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #read(done: number): Promise<void> {
    const latest = await this.options.mesh.gather({ peers: true });
    if (done !== this.#done) return;
    this.#latest = latest;
    this.#readAt = this.options.clock.elapsed();
  }
}

function join(own: readonly RoomSnapshot[], { rooms }: Gathered, self: string): RoomSnapshot[] {
  const elsewhere = Map.groupBy(rooms, ({ room }) => room.id);
  const here = own.map((room) => {
    const parts = elsewhere.get(room.id) ?? [];
    const unreachable = unreachableOf([{ room, node: self }, ...parts]);
    return { ...room, peers: [...room.peers, ...peersOf(parts)], unreachable };
  });
  const ids = new Set(own.map(({ id }) => id));
  const others = [...elsewhere].flatMap(([id, parts]) => (ids.has(id) ? [] : (joinParts(parts) ?? [])));
  return [...here, ...others];
}
