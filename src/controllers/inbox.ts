import type { Clock } from '../core/clock.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import { type ClientFrame, FrameError, readFrame } from '../wire/frame.ts';
import { FrameQueue, peerQueueLimits, type QueueLimits } from '../wire/frame-queue.ts';

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

/** What may wait of an admitted program; one that sends more without waiting for replies is dropped. */
const programQueueLimits: QueueLimits = { count: 1024, bytes: 1024 * 1024 };
const maxInvalidFrames = 10;

/** Queues the frames of a controller up to a limit and handles its requests one after the other, up to a rate. */
export class Inbox {
  readonly #queue = new FrameQueue();
  readonly #pace: Pace;
  #state: 'waiting' | 'idle' | 'working' | 'closed' = 'waiting';
  #invalidFrames = 0;

  constructor(private readonly options: InboxOptions) {
    this.#pace = new Pace(options.messagesPerSecond, options.clock);
  }

  /** Takes one text frame. It is parsed when its turn comes, and not before the controller is admitted. */
  receive(text: string): void {
    if (this.#state === 'closed') return;
    const flood = this.#queue.push(text, this.#state === 'waiting' ? peerQueueLimits : programQueueLimits);
    if (flood !== undefined) return this.options.drop('flood', flood);
    if (this.#state === 'idle') void this.#handleQueue();
  }

  /** Starts handling requests: those that wait, and those that come from now on. */
  open(): void {
    if (this.#state === 'waiting') void this.#handleQueue();
  }

  close(): void {
    this.#state = 'closed';
    this.#queue.clear();
  }

  async #handleQueue(): Promise<void> {
    this.#state = 'working';
    while (this.#queue.length > 0) {
      const { cost } = this.#queue;
      if (this.#pace.take(cost) !== undefined) await this.#pace.wait(cost);
      if (this.#isClosed()) return;
      const request = this.#read(this.#queue.shift() ?? '');
      if (request) await this.options.handle(request);
    }
    if (!this.#isClosed()) this.#state = 'idle';
  }

  /** @returns undefined for an invalid frame, which is refused */
  #read(text: string): RequestFrame | undefined {
    try {
      return requestOf(readFrame(text));
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

function requestOf(frame: ClientFrame): RequestFrame {
  if ('request' in frame) return frame;
  throw new FrameError(
    'a controller may only send requests; every method has a reply, and this server sends no requests',
  );
}
