import type { Clock } from '../core/clock.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import { FrameError } from './frame.ts';
import { FrameQueue, peerQueueLimits, type QueueLimits } from './frame-queue.ts';

export interface InboxOptions<F> {
  readonly clock: Clock;
  readonly messagesPerSecond: number;
  /** What may wait of a client that is admitted; before that it is what may wait of a peer. */
  readonly limits: () => QueueLimits;
  /** Reads one text frame. @throws SfuError for one that is invalid; a FrameError when it can be answered */
  readonly read: (text: string) => F;
  /** Handles one frame. It never rejects. */
  readonly handle: (frame: F) => Promise<void>;
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
    if (this.#state === 'idle') void this.#handleQueue();
  }

  /** Starts handling frames: those that wait, and those that come from now on. */
  open(): void {
    if (this.#state === 'waiting') void this.#handleQueue();
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

  async #handleQueue(): Promise<void> {
    this.#state = 'working';
    while (this.#queue.length > 0) {
      const { cost } = this.#queue;
      if (this.#pace.take(cost) !== undefined) await this.#pace.wait(cost);
      if (this.#isClosed()) return;
      const frame = this.#next();
      if (frame !== undefined) await this.options.handle(frame);
      if (this.#isClosed()) return;
    }
    this.#state = 'idle';
  }

  /** @returns undefined for an invalid frame, which is refused */
  #next(): F | undefined {
    const text = this.#queue.shift() ?? '';
    this.options.onQueued?.(-1);
    try {
      return this.options.read(text);
    } catch (thrown) {
      const error = toSfuError(thrown);
      this.#invalidFrames += 1;
      if (this.#invalidFrames > maxInvalidFrames) this.options.drop('invalid', error.message);
      else this.options.refuse(error, error instanceof FrameError ? error.id : undefined);
      return undefined;
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
