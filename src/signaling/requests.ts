import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import type { RequestFrame } from '../wire/envelope.ts';
import type { ClientResponse } from '../wire/frame.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: SfuError) => void;
  readonly cancelTimeout: () => void;
}

/** Clients on slow networks may need a while to build their side of a consumer. */
const answerTimeoutMs = 30_000;

/** Requests of the server that wait for the client's answer. */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(private readonly options: { clock: Clock; send: (frame: RequestFrame) => void }) {}

  /** How many answers are outstanding. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when the client accepts, rejects when it refuses, stays silent or goes. */
  ask(method: string, data: unknown): Promise<void> {
    const { clock, send } = this.options;
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancelTimeout = clock.after(answerTimeoutMs, () => {
      this.#waiting.delete(id);
      reject(
        new SfuError('gone', `the client did not answer ${method} within ${answerTimeoutMs / 1000} seconds`),
      );
    });
    this.#waiting.set(id, { resolve, reject, cancelTimeout });
    send({ request: true, id, method, data });
    return promise;
  }

  /** @returns false when nothing waits for that answer. */
  settle(response: ClientResponse): boolean {
    const waiting = this.#waiting.get(response.id);
    if (!waiting) return false;
    this.#waiting.delete(response.id);
    waiting.cancelTimeout();
    if (response.ok) waiting.resolve();
    else waiting.reject(new SfuError('gone', `the client refused: ${response.errorReason.slice(0, 200)}`));
    return true;
  }

  /** The connection has ended: nobody will answer. */
  abandon(): void {
    for (const { reject, cancelTimeout } of this.#waiting.values()) {
      cancelTimeout();
      reject(new SfuError('gone', 'the connection ended'));
    }
    this.#waiting.clear();
  }
}
