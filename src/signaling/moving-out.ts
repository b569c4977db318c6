import type { Clock } from '../core/clock.ts';
import type { SfuBus } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Connection } from './connection.ts';

/** So many clients move away at a time: each has its media twice meanwhile, here and there. */
export const maxMoving = 20;
/** How long the place of one that does not move is kept. */
const moveTimeoutMs = 20_000;
/** Clients that were not moved connect elsewhere by themselves, so long before the deadline at the earliest. */
const fallbackMs = 5000;

export interface MovingOutOptions {
  readonly events: SfuBus;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly connectionOf: (peer: Peer) => Connection | undefined;
  readonly clock: Clock;
  /** Whether there is a node to go to. */
  readonly elsewhere: () => boolean;
}

/** A node that drains moves those of its clients that can be moved to other nodes, some at a time. */
export class MovingOut {
  /** Ends the wait for each that moves now, by session. */
  readonly #moving = new Map<string, () => void>();
  /** Sessions that were asked in this drain. */
  readonly #asked = new Set<string>();
  #draining = false;
  readonly #stops: (() => void)[];

  constructor(private readonly options: MovingOutOptions) {
    const { events } = options;
    const gone = ({ sessionId }: { sessionId: string }) => this.#done(sessionId);
    this.#stops = [
      events.on('drainStarted', () => this.#begin()),
      events.on('drainCancelled', () => this.#end()),
      events.on('peerMovedAway', gone),
      events.on('peerLeft', gone),
    ];
  }

  /** After how many milliseconds a client is to connect elsewhere by itself. @param remaining until the deadline */
  fallback(connection: Connection | undefined, remaining: number, random: () => number): number {
    const moved = connection?.moves && this.options.elsewhere();
    // Spread, so that a whole node's clients do not arrive elsewhere in the same second.
    if (!moved) return Math.round(random() * remaining);
    const spread = Math.min(fallbackMs, remaining / 2);
    return Math.round(remaining - spread * random());
  }

  close(): void {
    this.#end();
    for (const stop of this.#stops) stop();
  }

  #begin(): void {
    this.#draining = true;
    this.#fill();
  }

  #end(): void {
    this.#draining = false;
    for (const cancel of this.#moving.values()) cancel();
    this.#moving.clear();
    this.#asked.clear();
  }

  #done(sessionId: string): void {
    this.#moving.get(sessionId)?.();
    if (this.#moving.delete(sessionId)) this.#fill();
  }

  #fill(): void {
    if (!this.#draining || !this.options.elsewhere()) return;
    for (const [{ sessionId }, connection] of this.#candidates()) {
      if (this.#moving.size >= maxMoving) return;
      this.#asked.add(sessionId);
      this.#moving.set(
        sessionId,
        this.options.clock.after(moveTimeoutMs, () => this.#done(sessionId)),
      );
      // The client knows which node is nearest to it.
      connection.notify('move', { url: null, reason: 'draining' });
    }
  }

  *#candidates(): Iterable<[Peer, Connection]> {
    for (const { peers } of this.options.rooms.values())
      for (const peer of peers.values()) {
        const connection = this.options.connectionOf(peer);
        if (!connection?.moves || !peer.joined || this.#asked.has(peer.sessionId)) continue;
        yield [peer, connection];
      }
  }
}
