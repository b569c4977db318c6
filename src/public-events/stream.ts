import type { Clock } from '../core/clock.ts';
import type { PublicEventType } from '../core/public-events.ts';
import type { SfuBus, SfuEventName } from '../sfu/events.ts';
import { publicEventsOf, publishedEvents } from './catalogue.ts';
import { type SharedType, sharedKey, sharedTypes } from './keys.ts';

/** What the stream has besides what happened: some events of another node did not arrive, so its state has to be read again. */
export const eventsLost = 'events_lost';

/** Something that happened, as programs get it. */
export interface StreamEvent {
  /** Its place in the stream of this run of the server, such as `3f0c9a1e-17`. Newer ones have larger numbers. */
  readonly id: string;
  readonly type: PublicEventType | typeof eventsLost;
  /** The node on which it happened. */
  readonly node: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Null for what concerns the node. */
  readonly roomId: string | null;
  /** Counts the events of one life of a room on that node, from 1, without gaps. Null for what concerns the node. */
  readonly sequence: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Something that happened on this node, or that it tells for all. */
export interface PublicEvent extends StreamEvent {
  readonly type: PublicEventType;
  /** Counts these. */
  readonly number: number;
  /** By which receivers of webhooks know it again: the id, or what it is on every node that may tell it. */
  readonly key: string;
  /** It was held back until it was known that this node tells it: it is in the outbox. */
  readonly held?: true;
}

/** An event of which it is not known yet whether this node tells it. */
export type HeldEvent = Omit<PublicEvent, 'id' | 'number' | 'node' | 'held'>;

export interface EventStreamOptions {
  events: SfuBus;
  clock: Clock;
  /** The name of this node. */
  node: string;
  /** In a mesh: events of the domain that are no public events by themselves, for other nodes may have the room. */
  except?: readonly SfuEventName[];
  /** In a mesh: the life of a room, which tells its events from those of a room of that id before or after it. */
  lifeOf?: (roomId: string) => string | undefined;
  /** How many events are kept for programs that lost the connection. */
  keep?: number;
}

/**
 * What happens, numbered and in order, with a bounded past. Webhooks read what happens on this node, and programs on the
 * control socket also what others tell it.
 */
export class EventStream {
  /** Tells this run's numbers from those of one before a restart. */
  readonly run = crypto.randomUUID().slice(0, 8);
  readonly #kept: StreamEvent[] = [];
  readonly #sequences = new Map<string, number>();
  readonly #listeners = new Set<(event: PublicEvent) => void>();
  readonly #followers = new Set<() => void>();
  readonly #stop: () => void;
  readonly #keep: number;
  #onFollowed: (followed: boolean) => void = () => {};
  #last = 0;
  #own = 0;
  /** False until a program subscribes or asks for a position: until then none can ask for the past, and events are only counted. */
  #wanted = false;

  constructor(private readonly options: EventStreamOptions) {
    const { events, except = [], keep = 10_000 } = options;
    this.#keep = keep;
    const published = publishedEvents.filter((name) => !except.includes(name));
    const stops = published.map((name) =>
      events.on(name, (data) => {
        for (const [type, publicData] of publicEventsOf(name, data as never)) this.tell(type, publicData);
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
  since(position: string): readonly StreamEvent[] | undefined {
    const missed = this.#missedSince(position);
    if (missed === undefined) return undefined;
    return missed === 0 ? [] : this.#kept.slice(-missed);
  }

  /** Whether all that came after a position is still there. */
  remembers(position: string): boolean {
    return this.#missedSince(position) !== undefined;
  }

  /**
   * Calls when there is something new in the stream, also of other nodes. @returns a function that ends it
   */
  follow(listener: () => void): () => void {
    this.#wanted = true;
    this.#followers.add(listener);
    if (this.#followers.size === 1) this.#onFollowed(true);
    return () => {
      if (this.#followers.delete(listener) && this.#followers.size === 0) this.#onFollowed(false);
    };
  }

  /** Calls when the first program follows the stream, and when none does any more. There is one listener. */
  onFollowed(listener: (followed: boolean) => void): void {
    this.#onFollowed = listener;
  }

  /** Calls with what happens on this node. @returns a function that ends the subscription. */
  subscribe(listener: (event: PublicEvent) => void): () => void {
    this.#wanted = true;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
    this.#followers.clear();
  }

  /** Something happened on another node, in the order in which that tells it. */
  take(event: Omit<StreamEvent, 'id'>): void {
    this.#last += 1;
    if (this.#wanted) this.#keepEvent({ ...event, id: this.#idOf(this.#last) });
  }

  /** Something may have happened on other nodes that was not heard: no position from before is good any more. */
  forget(): void {
    this.#last += 1;
    this.#kept.length = 0;
  }

  /** Something happened. */
  tell(type: PublicEventType, data: PublicEvent['data']): void {
    this.#last += 1;
    this.#own += 1;
    const id = this.#idOf(this.#last);
    const { roomId, sequence } = this.#placeOf(type, data);
    if (!this.#wanted) return;
    const life = roomId === null ? undefined : this.options.lifeOf?.(roomId);
    const key = life !== undefined && sharedTypes.has(type) ? keyOf(type, life, data) : id;
    this.#add({ id, ...this.#origin, type, time: this.options.clock.now(), roomId, sequence, data, key });
  }

  /** The last event of a room on this node, or one in place of a node that was lost, which has no sequence here. */
  hold(type: SharedType, data: PublicEvent['data'] & { readonly roomId: string }, life: string): HeldEvent {
    const { roomId } = data;
    const sequence = type === 'room_finished' ? this.#placeOf(type, data).sequence : null;
    return { type, time: this.options.clock.now(), roomId, sequence, data, key: keyOf(type, life, data) };
  }

  /** It is this node that tells it. */
  release(event: HeldEvent): void {
    this.#last += 1;
    this.#own += 1;
    if (this.#wanted) this.#add({ ...event, id: this.#idOf(this.#last), ...this.#origin, held: true });
  }

  #placeOf(type: PublicEventType, data: PublicEvent['data']) {
    const roomId = typeof data.roomId === 'string' ? data.roomId : null;
    const sequence = roomId === null ? null : this.#nextOf(roomId);
    if (type === 'room_finished' && roomId !== null) this.#sequences.delete(roomId);
    return { roomId, sequence };
  }

  get #origin() {
    return { node: this.options.node, number: this.#own };
  }

  #add(event: PublicEvent): void {
    this.#keepEvent(event);
    for (const listener of this.#listeners) listener(event);
  }

  #keepEvent(event: StreamEvent): void {
    this.#kept.push(event);
    // Shifting each time would move the whole list for every event.
    if (this.#kept.length >= 2 * this.#keep) this.#kept.splice(0, this.#kept.length - this.#keep);
    for (const follower of this.#followers) follower();
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

function keyOf(type: PublicEventType, life: string, { sessionId }: PublicEvent['data']): string {
  return sharedKey(type, life, typeof sessionId === 'string' ? sessionId : '');
}
