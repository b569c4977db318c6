import { type Gathered, joinParts, type MeshView } from '../../src/cluster/reads/view.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';

export interface OtherNodesOptions {
  readonly mesh: MeshView;
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
  #cancel: (() => void) | undefined;
  #last:
    | { readonly own: readonly RoomSnapshot[]; readonly of: Gathered; readonly rooms: RoomSnapshot[] }
    | undefined;

  constructor(private readonly options: OtherNodesOptions) {}

  /** The rooms of this node and of all others; each peer says where it is. */
  joined(own: readonly RoomSnapshot[]): RoomSnapshot[] {
    if (this.#last?.own !== own || this.#last.of !== this.#latest)
      this.#last = { own, of: this.#latest, rooms: join(own, this.#latest, this.options.mesh.self) };
    return this.#last.rooms;
  }

  async freshen(): Promise<void> {
    if (this.options.clock.elapsed() - this.#readAt < freshMs) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** What was read before is old now. */
  refresh(): void {
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

  async #read(): Promise<void> {
    this.#latest = await this.options.mesh.gather({ peers: true });
    this.#readAt = this.options.clock.elapsed();
  }
}

function join(own: readonly RoomSnapshot[], { rooms }: Gathered, self: string): RoomSnapshot[] {
  const elsewhere = Map.groupBy(rooms, ({ room }) => room.id);
  const here = own.map((room) => {
    const peers = room.peers.map((peer) => ({ ...peer, node: self }));
    return { ...room, peers: [...peers, ...(joinParts(elsewhere.get(room.id) ?? [])?.peers ?? [])] };
  });
  const ids = new Set(own.map(({ id }) => id));
  const others = [...elsewhere].flatMap(([id, parts]) => (ids.has(id) ? [] : (joinParts(parts) ?? [])));
  return [...here, ...others];
}
