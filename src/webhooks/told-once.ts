import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { EventStream, HeldEvent } from '../public-events/stream.ts';
import type { HeldWebhooks } from '../store/held-webhooks.ts';
import type { Webhooks } from './webhooks.ts';

/** What the other nodes say about who tells something. */
export interface OtherNodes {
  /** Whether another node has this life of a room. */
  haveRoom(roomId: string, roomLife: string): Promise<'yes' | 'no' | 'unknown'>;
  /** Takes an event for this node, unless another one has; `away` when that cannot be decided now. */
  claim(eventId: string): Promise<'won' | 'lost' | 'away'>;
  readonly hearsOthers: boolean;
  /** Whether this node is the first to tell what happened to others in a room. */
  isLowest(roomId: string): boolean;
  /** Whether a life of a node that was lost is heard again: it was only cut off. */
  isThere(life: string): boolean;
  /** Calls when a node has ended, and when this node has met the others. @returns what ends it */
  onChange(listener: () => void): () => void;
}

export interface ToldOnceOptions {
  readonly nodes: OtherNodes;
  readonly stream: Pick<EventStream, 'release'>;
  readonly webhooks: Pick<Webhooks, 'bodiesOf'>;
  readonly held: HeldWebhooks;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An event that waits for the decision which node tells it. */
interface Open {
  readonly eventId: string;
  readonly type: string;
  readonly roomId: string;
  readonly roomLife: string;
  /** Missing for what a former run of this node left. */
  readonly event?: HeldEvent;
  /** Resolves when it is stored. */
  readonly stored?: Promise<void>;
  readonly since: number;
  /** Of the node that was lost. */
  readonly lostLife?: string;
  /** Is not decided earlier. */
  notBefore?: number;
  /** Nobody else was heard when it was to be told. */
  isWary?: true;
}

/** A node that is silent for others, too, is lost for sure. */
const sureMs = 1500;
/** The node that should tell it is waited for this long. */
const lowestFirstMs = 3000;
const lookAgainMs = 30_000;
/** Without JetStream nobody learns that another node told it: what is older is that node's. */
const undecidedMs = 10 * 60_000;
/** More are forgotten, the oldest first: each is a room that other nodes still have, or a peer of a node that was lost. */
const maxOpen = 10_000;
/** Nodes that meet again hear each other within this time. */
const backWithinMs = 10_000;
const parallel = 16;
const stopMs = 1000;

/**
 * Tells what one of several nodes tells: that a room has finished which was on several of them, and that peers left with
 * their node. First it is stored with its receivers, then claimed, then sent or dropped. A crash in between leaves it
 * stored, and the next start decides. Its id is the same on all nodes, for a receiver that gets it twice all the same.
 */
export class ToldOnce {
  readonly #open = new Map<string, Open>();
  readonly #deciding = new Map<string, Promise<void>>();
  readonly #timers = new Set<() => void>();
  readonly #stopFollowing: () => void;
  #cancelLook: () => void = () => {};
  #stopped = false;

  constructor(private readonly options: ToldOnceOptions) {
    const { held, nodes, clock } = options;
    for (const left of held.all()) this.#open.set(left.eventId, { ...left, since: clock.elapsed() });
    this.#stopFollowing = nodes.onChange(() => void this.#lookAtAll());
    this.#lookLater();
  }

  /** Something happened that another node may tell as well. */
  add(event: HeldEvent, roomLife: string, lostLife?: string): void {
    const { held, webhooks, clock, nodes } = this.options;
    const { key: eventId, type, roomId } = event;
    if (roomId === null || this.#stopped) return;
    const shared = { eventId, type, roomId, roomLife };
    const stored = held.hold(shared, webhooks.bodiesOf(event));
    const open = { ...shared, event, stored, lostLife, since: clock.elapsed() };
    this.#open.delete(eventId);
    this.#open.set(eventId, open);
    this.#forgetSurplus();
    if (type === 'peer_left') this.#decideIn(open, sureMs + (nodes.isLowest(roomId) ? 0 : lowestFirstMs));
    else void this.#decide(open);
  }

  /** Waits a moment for what is being decided. The rest is decided after the next start. */
  async stop(): Promise<void> {
    this.#stopFollowing();
    this.#cancelLook();
    for (const cancel of this.#timers) cancel();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, stopMs);
    await Promise.race([promise, this.#lookAtAll()]);
    clearTimeout(timer);
    this.#stopped = true;
  }

  #lookLater(): void {
    this.#cancelLook = this.options.clock.after(lookAgainMs, () => {
      void this.#lookAtAll();
      this.#lookLater();
    });
  }

  async #lookAtAll(): Promise<void> {
    const waiting = [...this.#open.values()];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await this.#decide(next);
    };
    await Promise.all(Array.from({ length: parallel }, work));
  }

  #decideIn(open: Open, milliseconds: number): void {
    const { clock } = this.options;
    open.notBefore = clock.elapsed() + milliseconds;
    const cancel = clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      void this.#decide(open);
    });
    this.#timers.add(cancel);
  }

  #decide(open: Open): Promise<void> {
    const { eventId } = open;
    const deciding =
      this.#deciding.get(eventId) ??
      this.#decideNow(open)
        .catch((error: unknown) =>
          this.options.log.error('it could not be decided who tells an event', { eventId, error }),
        )
        .finally(() => this.#deciding.delete(eventId));
    this.#deciding.set(eventId, deciding);
    return deciding;
  }

  async #decideNow(open: Open): Promise<void> {
    const { nodes, held, stream, clock } = this.options;
    const { eventId, type, roomId, roomLife, event, stored, since, lostLife } = open;
    await stored;
    if (this.#stopped || this.#open.get(eventId) !== open) return;
    // Who has the room tells its end. One that does not answer may have it.
    if (type === 'room_finished' && (await nodes.haveRoom(roomId, roomLife)) !== 'no') return;
    if (lostLife !== undefined && nodes.isThere(lostLife)) return await this.#drop(open);
    if (clock.elapsed() < (open.notBefore ?? 0)) return;
    // It may be this node that was cut off: whoever comes back is heard before anything is told.
    if (type === 'peer_left' && !open.isWary && !nodes.hearsOthers) {
      open.isWary = true;
      return this.#decideIn(open, backWithinMs);
    }
    const claim = await nodes.claim(eventId);
    if (this.#stopped) return;
    if (claim === 'away' && type === 'peer_left') {
      if (clock.elapsed() - since < undecidedMs) return this.#decideIn(open, backWithinMs);
      if (!nodes.isLowest(roomId)) return await this.#drop(open);
    }
    if (claim === 'lost') return await this.#drop(open);
    this.#open.delete(eventId);
    if (event) stream.release(event);
    await held.release(eventId);
  }

  async #drop({ eventId }: Open): Promise<void> {
    this.#open.delete(eventId);
    await this.options.held.drop(eventId);
  }

  #forgetSurplus(): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size <= maxOpen || oldest === undefined) return;
    this.#open.delete(oldest);
    void this.options.held.drop(oldest);
  }
}
