import type { Clock } from '../core/clock.ts';
import type { PublicEventType } from '../core/public-events.ts';
import type { SfuBus } from '../sfu/events.ts';
import { publicEventsOf, publishedEvents } from './catalogue.ts';

/** Something that happened, as programs get it. */
export interface PublicEvent {
  /** Its place in the stream of this run of the server, such as `3f0c9a1e-17`. Newer ones have larger numbers. */
  readonly id: string;
  readonly type: PublicEventType;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Null for what concerns the node. */
  readonly roomId: string | null;
  /** Counts the events of one life of a room, from 1, without gaps. Null for what concerns the node. */
  readonly sequence: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventStreamOptions {
  events: SfuBus;
  clock: Clock;
  /** How many events are kept for programs that lost the connection. */
  keep?: number;
}

/** What happens, numbered and in order, with a bounded past. Webhooks and the control socket read it. */
export class EventStream {
  /** Tells this run's numbers from those of one before a restart. */
  readonly run = crypto.randomUUID().slice(0, 8);
  readonly #kept: PublicEvent[] = [];
  readonly #sequences = new Map<string, number>();
  readonly #listeners = new Set<(event: PublicEvent) => void>();
  readonly #stop: () => void;
  readonly #keep: number;
  #last = 0;
  /** False until a program subscribes or asks for a position: until then none can ask for the past, and events are only counted. */
  #wanted = false;

  constructor({ events, clock, keep = 10_000 }: EventStreamOptions) {
    this.#keep = keep;
    const stops = publishedEvents.map((name) =>
      events.on(name, (data) => {
        for (const [type, published] of publicEventsOf(name, data as never))
          this.#add(type, published, clock);
      }),
    );
    this.#stop = () => {
      for (const stop of stops) stop();
    };
  }

  /** The id of the newest event; resuming from it misses nothing that comes. */
  get position(): string {
    this.#wanted = true;
    return this.#idOf(this.#last);
  }

  /**
   * The events after a position; undefined when it is of another run or so old that some are forgotten. Then the
   * program has to read the state again.
   */
  since(position: string): readonly PublicEvent[] | undefined {
    const missed = this.#missedSince(position);
    if (missed === undefined) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Whether all that came after a position is still there. */
  remembers(position: string): boolean {
    return this.#missedSince(position) !== undefined;
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: PublicEvent) => void): () => void {
    this.#wanted = true;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #add(type: PublicEventType, data: PublicEvent['data'], clock: Clock): void {
    this.#last += 1;
    const roomId = typeof data.roomId === 'string' ? data.roomId : null;
    const sequence = roomId === null ? null : this.#nextOf(roomId);
    if (type === 'room_finished' && roomId !== null) this.#sequences.delete(roomId);
    if (!this.#wanted) return;
    const event = { id: this.#idOf(this.#last), type, time: clock.now(), roomId, sequence, data };
    this.#kept.push(event);
    // Shifting each time would move the whole list for every event.
    if (this.#kept.length >= 2 * this.#keep) this.#kept.splice(0, this.#kept.length - this.#keep);
    for (const listener of this.#listeners) listener(event);
  }

  #idOf(number: number): string {
    return `${this.run}-${number}`;
  }

  #missedSince(position: string): number | undefined {
    const [, run, number] = /^([0-9a-f]{8})-(\d+)$/.exec(position) ?? [];
    const missed = this.#last - Number(number);
    return run === this.run && missed >= 0 && missed <= this.#kept.length ? missed : undefined;
  }

  #nextOf(roomId: string): number {
    const next = (this.#sequences.get(roomId) ?? 0) + 1;
    this.#sequences.set(roomId, next);
    return next;
  }
}
