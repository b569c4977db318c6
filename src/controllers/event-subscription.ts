import { type EventStream, eventsLost, type StreamEvent } from '../public-events/stream.ts';

export interface EventFilter {
  readonly types?: readonly string[];
  readonly roomId?: string;
}

export interface EventSubscriptionOptions {
  readonly stream: EventStream;
  readonly filter: EventFilter;
  /** Events after this position are sent. */
  readonly position: string;
  readonly send: (event: StreamEvent) => void;
  /** Bytes that were sent and that the controller has not read yet. */
  readonly bufferedBytes: () => number;
  /** The controller reads so slowly that the stream has forgotten events which it did not get. */
  readonly onLost: () => void;
}

/** While more bytes than this wait to be read, further events stay in the stream, which all controllers share. */
const maxBufferedBytes = 256 * 1024;
const batchSize = 100;

/** Sends events to one controller: in order, without gaps, and as fast as it reads them. */
export class EventSubscription {
  #position: string;
  #sending = false;
  readonly #unsubscribe: () => void;

  constructor(private readonly options: EventSubscriptionOptions) {
    this.#position = options.position;
    this.#unsubscribe = options.stream.follow(() => this.sendNew());
  }

  /** The last event that was sent, or skipped by the filter. */
  get position(): string {
    return this.#position;
  }

  /** Sends new events until too much is buffered. Call it again when the controller has read something. */
  sendNew(): void {
    // Sending can cause another event. The loop that is running sends that one too.
    if (this.#sending) return;
    this.#sending = true;
    while (this.#sendBatch());
    this.#sending = false;
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** @returns whether there may be more events to send now */
  #sendBatch(): boolean {
    const { stream, bufferedBytes, onLost } = this.options;
    if (!stream.remembers(this.#position)) {
      this.stop();
      onLost();
      return false;
    }
    if (bufferedBytes() >= maxBufferedBytes) return false;
    const events = stream.since(this.#position) ?? [];
    for (const event of events.slice(0, batchSize)) this.#send(event);
    return events.length > 0;
  }

  #send(event: StreamEvent): void {
    this.#position = event.id;
    const { id, type, node, time, roomId, sequence, data } = event;
    if (type !== eventsLost && this.#isFilteredOut(event)) return;
    this.options.send({ id, type, node, time, roomId, sequence, data });
  }

  #isFilteredOut(event: StreamEvent): boolean {
    const { types, roomId } = this.options.filter;
    if (types !== undefined && !types.includes(event.type)) return true;
    return roomId !== undefined && event.roomId !== roomId;
  }
}
