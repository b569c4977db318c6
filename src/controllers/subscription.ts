import type { EventStream, PublicEvent } from '../public-events/stream.ts';

export interface EventFilter {
  readonly types?: readonly string[];
  readonly roomId?: string;
}

export interface SubscriptionOptions {
  readonly stream: EventStream;
  readonly filter: EventFilter;
  /** It begins after this one. */
  readonly position: string;
  readonly send: (event: PublicEvent) => void;
  /** Bytes that the other side has not taken yet. */
  readonly unread: () => number;
  /** The other side was so slow that events were forgotten which it had not been told. */
  readonly lost: () => void;
}

/** Bytes on their way to one controller beyond which its events wait where they are kept for all. */
const mostOnTheWay = 256 * 1024;
const batch = 100;

/** Tells one controller what happens, in order and without a gap, at the speed at which it reads. */
export class Subscription {
  #position: string;
  #telling = false;
  readonly #stop: () => void;

  constructor(private readonly options: SubscriptionOptions) {
    this.#position = options.position;
    this.#stop = options.stream.subscribe(() => this.tell());
  }

  /** The last event that was told, or passed over. */
  get position(): string {
    return this.#position;
  }

  /** Tells what is new, as far as the other side takes it. To be called again when it has read. */
  tell(): void {
    // Telling may make something happen, which is told by the loop that runs already.
    if (this.#telling) return;
    this.#telling = true;
    while (this.#tellSome());
    this.#telling = false;
  }

  stop(): void {
    this.#stop();
  }

  /** @returns whether there may be more to tell at once. */
  #tellSome(): boolean {
    const { stream, unread, lost } = this.options;
    if (!stream.remembers(this.#position)) {
      this.stop();
      lost();
      return false;
    }
    if (unread() >= mostOnTheWay) return false;
    const news = stream.since(this.#position) ?? [];
    for (const event of news.slice(0, batch)) this.#tellOne(event);
    return news.length > 0;
  }

  #tellOne(event: PublicEvent): void {
    this.#position = event.id;
    const { types, roomId } = this.options.filter;
    if (types !== undefined && !types.includes(event.type)) return;
    if (roomId !== undefined && event.roomId !== roomId) return;
    this.options.send(event);
  }
}
