import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import { type ClientFrame, FrameError, readFrame } from '../wire/frame.ts';
import { RateLimiter } from '../wire/rate-limiter.ts';

export interface InboxOptions {
  readonly clock: Clock;
  readonly messagesPerSecond: number;
  /** Handles one request. It never rejects. */
  readonly handle: (request: RequestFrame) => Promise<void>;
  /** Refuses one frame; `id` is set when it was a request that can be answered. */
  readonly refuse: (error: SfuError, id?: number) => void;
  /** Ends the connection, because the controller sent too much or too many invalid frames. */
  readonly drop: (cause: 'flood' | 'invalid', detail: string) => void;
}

/** Requests that may wait; a program that sends more without waiting for replies is dropped. */
const maxQueueLength = 1024;
const maxInvalidFrames = 10;

/** Reads the frames of a controller and handles its requests one after the other, up to a rate and a queue length. */
export class Inbox {
  readonly #queue: RequestFrame[] = [];
  readonly #limiter: RateLimiter;
  #state: 'waiting' | 'idle' | 'working' | 'closed' = 'waiting';
  #invalidFrames = 0;

  constructor(private readonly options: InboxOptions) {
    this.#limiter = new RateLimiter(options.messagesPerSecond, options.clock);
  }

  /** Takes one text frame. */
  receive(text: string): void {
    if (this.#state === 'closed') return;
    try {
      this.#queue.push(requestOf(readFrame(text)));
    } catch (error) {
      return this.#refuse(error);
    }
    if (this.#queue.length > maxQueueLength) {
      const detail = `more than ${maxQueueLength} messages are waiting; send fewer, or wait for replies`;
      return this.options.drop('flood', detail);
    }
    if (this.#state === 'idle') void this.#handleQueue();
  }

  /** Starts handling requests: those that wait, and those that come from now on. */
  open(): void {
    if (this.#state === 'waiting') void this.#handleQueue();
  }

  close(): void {
    this.#state = 'closed';
    this.#queue.length = 0;
  }

  /** An unexpected error is thrown again: the socket's handler logs it and closes the connection. */
  #refuse(error: unknown): void {
    if (!(error instanceof SfuError)) throw error;
    this.#invalidFrames += 1;
    if (this.#invalidFrames > maxInvalidFrames) this.options.drop('invalid', error.message);
    else this.options.refuse(error, error instanceof FrameError ? error.id : undefined);
  }

  async #handleQueue(): Promise<void> {
    this.#state = 'working';
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (!this.#limiter.take()) await this.#limiter.wait();
      if (this.#isClosed()) return;
      await this.options.handle(next);
    }
    if (!this.#isClosed()) this.#state = 'idle';
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}

function requestOf(frame: ClientFrame): RequestFrame {
  if ('request' in frame) return frame;
  throw new FrameError(
    'a controller may only send requests; every method has a reply, and this server sends no requests',
  );
}
