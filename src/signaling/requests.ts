import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { Unanswered } from '../sfu/rooms/unanswered.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import type { ClientResponse } from '../wire/frame.ts';
import { peerQueueLimits, type QueueLimits } from '../wire/frame-queue.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: SfuError) => void;
  readonly cancelTimeout: () => void;
}

/** How long a client may take to reply: on a slow network, creating its side of a consumer takes a while. */
const replyTimeoutMs = 30_000;

/** Room in the queue for an answer that is outstanding, in bytes. */
const answerBytes = 256;

/** For so many requests that were given up a late reply is still understood; the oldest are forgotten first. */
const maxLate = 1024;

/** Requests of the server that wait for the client's reply. */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  /** What to do when the reply to a request that was given up comes after all. */
  readonly #late = new Map<number, () => void>();
  #lastId = 0;

  constructor(private readonly options: { clock: Clock; send: (frame: RequestFrame) => void }) {}

  /** What may wait of the client: the answers that were asked for may come all at once. */
  get queueLimits(): QueueLimits {
    const { count, bytes } = peerQueueLimits;
    const { size } = this.#waiting;
    return { count: count + size, bytes: bytes + size * answerBytes };
  }

  /** Sends a request. Resolves when the client accepts; rejects when it refuses, does not reply in time or is gone. */
  ask(method: string, data: unknown): Promise<void> {
    const { clock, send } = this.options;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancelTimeout = clock.after(replyTimeoutMs, () => {
      this.#waiting.delete(id);
      const seconds = replyTimeoutMs / 1000;
      const message = `the client did not reply to ${method} within ${seconds} seconds`;
      reject(new Unanswered(message, this.#acceptedLate(id)));
    });
    this.#waiting.set(id, { resolve, reject, cancelTimeout });
    send({ request: true, id, method, data });
    return promise;
  }

  /** Takes a reply of the client. @returns false when it is none to a request of ours */
  settle(response: ClientResponse): boolean {
    const waiting = this.#waiting.get(response.id);
    if (!waiting) return this.#settleLate(response);
    this.#waiting.delete(response.id);
    waiting.cancelTimeout();
    if (response.ok) waiting.resolve();
    else waiting.reject(new SfuError('gone', `the client refused: ${response.errorReason.slice(0, 200)}`));
    return true;
  }

  /** Rejects every request, because the connection has ended. */
  abandon(): void {
    for (const { reject, cancelTimeout } of this.#waiting.values()) {
      cancelTimeout();
      reject(new SfuError('gone', 'the connection ended'));
    }
    this.#waiting.clear();
    this.#late.clear();
  }

  #acceptedLate(id: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#late.set(id, resolve);
    if (this.#late.size > maxLate) {
      const [oldest] = this.#late.keys();
      if (oldest !== undefined) this.#late.delete(oldest);
    }
    return promise;
  }

  #settleLate({ id, ok }: ClientResponse): boolean {
    const accepted = this.#late.get(id);
    if (!accepted) return false;
    this.#late.delete(id);
    if (ok) accepted();
    return true;
  }
}
