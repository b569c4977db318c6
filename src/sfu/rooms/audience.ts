import type { Clock } from '../../core/clock.ts';

export interface AudienceOptions {
  readonly clock: Clock;
  /** Everyone receives now, or somebody came who does not yet. */
  readonly onChange: (ready: boolean) => void;
}

/** After so long a peer counts as unable to receive, so that one that is held up does not hold up all others. */
const expectTimeoutMs = 10_000;

/**
 * Who is in the call and does not receive a data producer yet, by session, or by life for all who are on another node:
 * the worker forwards a message only to data
 * consumers that are connected at that moment, so a sender that cares waits for them.
 */
export class Audience {
  readonly #expected = new Map<string, () => void>();
  #closed = false;

  constructor(private readonly options: AudienceOptions) {}

  /** Whether everyone who is in the call receives what is sent now. */
  get ready(): boolean {
    return this.#expected.size === 0;
  }

  /** A peer should receive in a moment, or all on another node. */
  expect(id: string, timeoutMs = expectTimeoutMs): void {
    if (this.#closed || this.#expected.has(id)) return;
    const cancel = this.options.clock.after(timeoutMs, () => this.settle(id));
    this.#expected.set(id, cancel);
    if (this.#expected.size === 1) this.options.onChange(false);
  }

  /** It receives now, or never will. */
  settle(id: string): void {
    const cancel = this.#expected.get(id);
    if (!cancel) return;
    cancel();
    this.#expected.delete(id);
    if (this.ready) this.options.onChange(true);
  }

  /** The data producer has ended. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#expected.values()) cancel();
    this.#expected.clear();
  }
}
