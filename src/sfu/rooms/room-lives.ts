import type { RoomMesh } from './room-mesh.ts';
import type { KnownOrigin } from './room-origin.ts';

type Settled = (room: { readonly roomId: string; readonly isFirst: boolean }) => void;

/** How rooms begin and end over all nodes, for those who tell of it. */
export class RoomLives {
  /** Those that end at this moment, which are not found any more. */
  readonly #ending = new Map<string, string>();
  readonly #listeners = new Set<Settled>();

  constructor(private readonly roomOf: (roomId: string) => Pick<RoomMesh, 'origin' | 'roster'> | undefined) {}

  /** The lives of other nodes that have somebody in a room. */
  inRoom(roomId: string): ReadonlySet<string> {
    return new Set(this.roomOf(roomId)?.roster.lives ?? []);
  }

  /** The life of a room that is open, or ends at this moment; undefined before other nodes were asked. */
  of(roomId: string): string | undefined {
    return this.roomOf(roomId)?.origin.stated?.life ?? this.#ending.get(roomId);
  }

  /** Follows of which rooms it was learned whether another node has them. @returns what ends it */
  onSettled(listener: Settled): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  settled(roomId: string): void {
    const origin = this.roomOf(roomId)?.origin;
    if (!origin) return;
    for (const listener of this.#listeners) listener({ roomId, isFirst: origin.isOwn });
  }

  /** A room ends here: whoever hears of it in this moment finds its life. */
  ends(roomId: string, { stated }: KnownOrigin): void {
    if (!stated) return;
    this.#ending.set(roomId, stated.life);
    queueMicrotask(() => this.#ending.delete(roomId));
  }
}
