import type { Clock } from '../core/clock.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { Pace } from '../core/pace.ts';
import { FrameError } from './frame.ts';
import { FrameQueue, peerQueueLimits, type QueueLimits } from './frame-queue.ts';

export interface InboxOptions<F> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly messagesPerSecond: number;
  /** What may wait of a client that is admitted; before that it is what may wait of a peer. */
  readonly limits: () => QueueLimits;
  /** Reads one text frame. @throws SfuError for one that is invalid; a FrameError when it can be answered */
  readonly read: (text: string) => F;
  /**
   * Handles one frame. It returns a promise only when it has to wait, because promises would be a third of the cost of a
   * small request. A rejection is logged, and the next frame is handled.
   */
  readonly handle: (frame: F) => Promise<void> | undefined;
  /** Refuses one frame; `id` is set when it was a request that can be answered. */
  readonly refuse: (error: SfuError, id?: number) => void;
  /** Ends the connection, because the client sent too much or too many invalid frames. */
  readonly drop: (cause: 'flood' | 'invalid', detail: string) => void;
  /** So many more frames wait, or fewer. */
  readonly onQueued?: (change: number) => void;
}

const maxInvalidFrames = 10;

/** Queues the frames of a client up to a limit and handles them one after the other, up to a rate. */
export class Inbox<F> {
  readonly #queue = new FrameQueue();
  readonly #pace: Pace;
  #state: 'waiting' | 'idle' | 'working' | 'closed' = 'waiting';
  #invalidFrames = 0;

  constructor(private readonly options: InboxOptions<F>) {
    this.#pace = new Pace(options.messagesPerSecond, options.clock);
  }

  /** Takes one text frame. It is parsed when its turn comes, and not before the client is admitted. */
  receive(text: string): void {
    if (this.#state === 'closed') return;
    const limits = this.#state === 'waiting' ? peerQueueLimits : this.options.limits();
    const flood = this.#queue.push(text, limits);
    if (flood !== undefined) return this.options.drop('flood', flood);
    this.options.onQueued?.(1);
    if (this.#state === 'idle') this.#handleQueue();
  }

  /** Starts handling frames: those that wait, and those that come from now on. */
  open(): void {
    if (this.#state === 'waiting') this.#handleQueue();
  }

  /** The frame that is handled turned out to be free. */
  giveBack(): void {
    this.#pace.giveBack();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.options.onQueued?.(-this.#queue.length);
    this.#queue.clear();
  }

  #handleQueue(): void {
    this.#state = 'working';
    const waiting = this.#handleUntilWaiting();
    if (!waiting) {
      if (!this.#isClosed()) this.#state = 'idle';
      return;
    }
    waiting
      .catch((error: unknown) => this.options.log.error('a connection could not handle a message', { error }))
      .finally(() => {
        if (!this.#isClosed()) this.#handleQueue();
      });
  }

  /** @returns a promise when something has to be waited for, undefined when the queue is empty */
  #handleUntilWaiting(): Promise<void> | undefined {
    while (this.#queue.length > 0) {
      const { cost } = this.#queue;
      const waiting =
        this.#pace.take(cost) === undefined
          ? this.#handleNext()
          : this.#pace.wait(cost).then(() => this.#handleNext());
      if (waiting) return waiting;
    }
    return undefined;
  }

  #handleNext(): Promise<void> | undefined {
    const text = this.#queue.shift();
    // The connection may have ended while it was paced.
    if (text === undefined) return undefined;
    this.options.onQueued?.(-1);
    let frame: F;
    try {
      frame = this.options.read(text);
    } catch (thrown) {
      this.#refuse(toSfuError(thrown), thrown instanceof FrameError ? thrown.id : undefined);
      return undefined;
    }
    return this.options.handle(frame);
  }

  #refuse(error: SfuError, id: number | undefined): void {
    this.#invalidFrames += 1;
    if (this.#invalidFrames > maxInvalidFrames) this.options.drop('invalid', error.message);
    else this.options.refuse(error, id);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
