import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import { type ClientFrame, FrameError, readFrame } from '../wire/frame.ts';
import { RateLimiter } from '../wire/rate-limiter.ts';

export interface InboxOptions {
  readonly clock: Clock;
  readonly messagesPerSecond: number;
  /** Carries out one request; it never rejects. */
  readonly handle: (request: RequestFrame) => Promise<void>;
  /** A frame that could not be taken; `id` is of the request that can be answered, when it was one. */
  readonly complain: (error: SfuError, id?: number) => void;
  /** The other side has gone too far. */
  readonly giveUp: (cause: 'flood' | 'invalid', detail: string) => void;
}

/** Messages that may wait; a program that sends more without waiting for answers is a flood. */
const longestQueue = 1024;
const toleratedInvalid = 10;

/** What a controller sends: read, bounded, paced, and carried out one after the other. */
export class Inbox {
  readonly #queue: RequestFrame[] = [];
  readonly #pace: RateLimiter;
  #state: 'waiting' | 'idle' | 'working' | 'closed' = 'waiting';
  #invalid = 0;

  constructor(private readonly options: InboxOptions) {
    this.#pace = new RateLimiter(options.messagesPerSecond, options.clock);
  }

  /** Takes one text frame. */
  receive(text: string): void {
    if (this.#state === 'closed') return;
    try {
      this.#queue.push(requestOf(readFrame(text)));
    } catch (error) {
      return this.#refuse(error);
    }
    if (this.#queue.length > longestQueue) {
      const detail = `more than ${longestQueue} messages are waiting; send fewer, or wait for answers`;
      return this.options.giveUp('flood', detail);
    }
    if (this.#state === 'idle') void this.#work();
  }

  /** What has waited is carried out, and what comes from now on. */
  open(): void {
    if (this.#state === 'waiting') void this.#work();
  }

  close(): void {
    this.#state = 'closed';
    this.#queue.length = 0;
  }

  /** An unforeseen error is thrown on, to whoever guards the socket. */
  #refuse(error: unknown): void {
    if (!(error instanceof SfuError)) throw error;
    this.#invalid += 1;
    if (this.#invalid > toleratedInvalid) this.options.giveUp('invalid', error.message);
    else this.options.complain(error, error instanceof FrameError ? error.id : undefined);
  }

  async #work(): Promise<void> {
    this.#state = 'working';
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (!this.#pace.take()) await this.#pace.wait();
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
    'every method has an answer, so send requests; this server asks controllers for nothing',
  );
}
