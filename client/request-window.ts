/**
 * How many requests, and bytes of them, may be unanswered at a time. The server closes a connection of which more than
 * 256 messages or 128 KiB wait (src/wire/frame-queue.ts); answers to its own requests need some of that room.
 */
export const windowLimits = { count: 64, bytes: 65_536 } as const;

interface QueuedRequest {
  readonly bytes: number;
  readonly send: () => void;
}

/** Holds requests back while many are unanswered, so that no burst of an application exceeds the server's limits. */
export class RequestWindow {
  readonly #queue: QueuedRequest[] = [];
  #count = 0;
  #bytes = 0;

  /** Sends it now, or when enough of the earlier ones are answered. */
  push(request: QueuedRequest): void {
    this.#queue.push(request);
    this.#sendMore();
  }

  /** Sends it now, before all that is held back. */
  pushUrgent(request: QueuedRequest): void {
    this.#send(request);
  }

  /** A request of so many bytes that was sent is answered. */
  answered(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
    this.#sendMore();
  }

  /** Forgets all requests. */
  clear(): void {
    this.#queue.length = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #sendMore(): void {
    for (let next = this.#queue[0]; next && this.#hasRoom(next); next = this.#queue[0]) {
      this.#queue.shift();
      this.#send(next);
    }
  }

  #hasRoom({ bytes }: QueuedRequest): boolean {
    // One that is larger than the whole window goes alone.
    if (this.#count === 0) return true;
    return this.#count < windowLimits.count && this.#bytes + bytes <= windowLimits.bytes;
  }

  #send({ bytes, send }: QueuedRequest): void {
    this.#count += 1;
    this.#bytes += bytes;
    send();
  }
}
