import type { Clock } from '../../core/clock.ts';
import { type Owner, ownerName } from './owner.ts';

export interface PresenceOptions {
  readonly clock: Clock;
  /** How long an owner that lost its connection may take to come back. */
  readonly graceSeconds: number;
  /** The owner did not come back in time. */
  readonly onExpired: (owner: Owner) => void;
}

/** Which controllers are connected, and which may still come back after their connection ended. */
export class Presence {
  readonly #connected = new Set<string>();
  /** Cancels the timeout of each owner that may still come back. */
  readonly #timeouts = new Map<string, () => void>();
  #closed = false;

  constructor(private readonly options: PresenceOptions) {}

  /** A controller has connected, for the first time or again. */
  connected(owner: Owner): void {
    this.#cancelTimeout(owner);
    this.#connected.add(ownerName(owner));
  }

  /** The connection of a controller has ended. */
  disconnected(owner: Owner): void {
    this.#cancelTimeout(owner);
    this.#connected.delete(ownerName(owner));
    if (this.#closed) return;
    const { clock, graceSeconds, onExpired } = this.options;
    const cancel = clock.after(graceSeconds * 1000, () => {
      this.#timeouts.delete(ownerName(owner));
      onExpired(owner);
    });
    this.#timeouts.set(ownerName(owner), cancel);
  }

  /** Whether a controller has lost its connection and may still come back. */
  isAwaited(owner: Owner): boolean {
    return this.#timeouts.has(ownerName(owner));
  }

  /** Whether an owner can have something made for it. REST has no connection that could have ended. */
  isPresent(owner: Owner): boolean {
    return owner.controllerId === null || this.#connected.has(ownerName(owner)) || this.isAwaited(owner);
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timeouts.values()) cancel();
    this.#timeouts.clear();
  }

  #cancelTimeout(owner: Owner): void {
    this.#timeouts.get(ownerName(owner))?.();
    this.#timeouts.delete(ownerName(owner));
  }
}
