import type { Clock } from '../core/clock.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import { type ClientFrame, FrameError, readFrame } from '../wire/frame.ts';
import { FrameQueue, peerQueueLimits, type QueueLimits } from '../wire/frame-queue.ts';
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

/** What may wait of a program that was let in; one that sends more without waiting for answers is a flood. */
const programQueueLimits: QueueLimits = { count: 1024, bytes: 1024 * 1024 };
const toleratedInvalid = 10;

/** What a controller sends: bounded, paced, then read and carried out, one after the other. */
export class Inbox {
  readonly #queue = new FrameQueue();
  readonly #pace: RateLimiter;
  #state: 'waiting' | 'idle' | 'working' | 'closed' = 'waiting';
  #invalid = 0;

  constructor(private readonly options: InboxOptions) {
    this.#pace = new RateLimiter(options.messagesPerSecond, options.clock);
  }

  /** Takes one text frame. It is parsed when its turn comes, and not before the controller was let in. */
  receive(text: string): void {
    if (this.#state === 'closed') return;
    const flood = this.#queue.push(text, this.#state === 'waiting' ? peerQueueLimits : programQueueLimits);
    if (flood !== undefined) return this.options.giveUp('flood', flood);
    if (this.#state === 'idle') void this.#work();
  }

  /** What has waited is carried out, and what comes from now on. */
  open(): void {
    if (this.#state === 'waiting') void this.#work();
  }

  close(): void {
    this.#state = 'closed';
    this.#queue.clear();
  }

  async #work(): Promise<void> {
    this.#state = 'working';
    while (this.#queue.length > 0) {
      const { cost } = this.#queue;
      if (!this.#pace.take(cost)) await this.#pace.wait(cost);
      if (this.#isClosed()) return;
      const request = this.#read(this.#queue.shift() ?? '');
      if (request) await this.options.handle(request);
    }
    if (!this.#isClosed()) this.#state = 'idle';
  }

  /** @returns undefined for a frame that cannot be carried out, which the controller is told */
  #read(text: string): RequestFrame | undefined {
    try {
      return requestOf(readFrame(text));
    } catch (thrown) {
      const error = toSfuError(thrown);
      this.#invalid += 1;
      if (this.#invalid > toleratedInvalid) this.options.giveUp('invalid', error.message);
      else this.options.complain(error, error instanceof FrameError ? error.id : undefined);
      return undefined;
    }
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
