import type { Clock } from '../core/clock.ts';
import type { Presence } from './presence.ts';
import type { SharedEvent } from './schemas.ts';
import type { Wire } from './wire.ts';

export interface EventExchangeOptions {
  readonly wire: Wire;
  readonly presence: Presence;
  readonly clock: Clock;
}

/** What comes from other nodes. */
export interface EventReader {
  /** These happened there, in this order. */
  told(node: string, events: readonly SharedEvent[]): void;
  /** Some did not arrive. */
  missed(node: string): void;
}

/** Events that happen at about the same time go out together. */
const togetherMs = 20;
/** Metadata of a peer are in some of them, and a message has a megabyte at most. */
const mostTogether = 32;
/** How long the others still tell after the last program here has gone: it may come back and ask what it missed. */
const lingerMs = 60_000;

/**
 * What happens on this node, for programs that are connected to another one. Nothing is said while nobody follows. Each
 * node numbers its own events, so that whoever follows sees that some did not come.
 */
export class EventExchange {
  /** The number of the last event that was heard from each life. */
  readonly #heard = new Map<string, number>();
  readonly #waiting: SharedEvent[] = [];
  #reader: EventReader | undefined;
  #cancelLinger: () => void = () => {};
  #cancelFlush: (() => void) | undefined;
  #stopHearing: () => void = () => {};
  readonly #stopForgetting: () => void;

  constructor(private readonly options: EventExchangeOptions) {
    this.#stopForgetting = options.presence.events.on(
      'gone',
      ({ node }) => void this.#heard.delete(node.life),
    );
  }

  /** Whether programs on this node follow what happens, which its heartbeat says. */
  get follows(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether programs on other nodes follow what happens here. */
  get isFollowed(): boolean {
    return [...this.options.presence.nodes.values()].some(({ follows }) => follows);
  }

  /** How many events are about to go out. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** From now on what happens on other nodes is given to the reader. */
  follow(reader: EventReader): void {
    this.#cancelLinger();
    const { wire, presence } = this.options;
    const isNew = this.#reader === undefined;
    this.#reader = reader;
    if (!isNew) return;
    this.#stopHearing = wire.hear('events', ({ name, life }, { events }) => this.#take(name, life, events));
    presence.sayNow();
  }

  /** Nobody follows any more. @param onEnd called when what happens on other nodes is not heard any more */
  unfollow(onEnd: () => void): void {
    this.#cancelLinger();
    this.#cancelLinger = this.options.clock.after(lingerMs, () => {
      this.#reader = undefined;
      this.#stopHearing();
      this.#heard.clear();
      onEnd();
    });
  }

  /** Something happened on this node; `number` counts these. Call it only while this node is followed. */
  tell(event: SharedEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length >= mostTogether) this.#flush();
    else this.#cancelFlush ??= this.options.clock.after(togetherMs, () => this.#flush());
  }

  close(): void {
    this.#cancelLinger();
    this.#cancelFlush?.();
    this.#stopHearing();
    this.#stopForgetting();
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.options.wire.say('events', { events: this.#waiting.splice(0) });
  }

  #take(node: string, life: string, events: readonly SharedEvent[]): void {
    const reader = this.#reader;
    const [first] = events;
    const last = events.at(-1);
    if (!reader || !first || !last) return;
    const heard = this.#heard.get(life);
    this.#heard.set(life, last.number);
    if (heard !== undefined && first.number !== heard + 1) reader.missed(node);
    reader.told(node, events);
  }
}
