import type { Clock } from '../../core/clock.ts';

const kinds = ['socket', 'transports', 'consumers'] as const;
type Kind = (typeof kinds)[number];

/** What is left of a peer that is being removed; empty when its removal is complete. */
export type Remains = readonly Kind[];

/** How long the traces of a peer that was removed are waited for. */
const usualTimeoutMs = 5000;

/** Counts what a peer has that others could notice: its socket, its transports, and consumers of what it sends. */
export class Traces {
  readonly #counts: Record<Kind, number> = { socket: 0, transports: 0, consumers: 0 };
  readonly #waiting = new Set<() => void>();

  get remains(): Remains {
    return kinds.filter((kind) => this.#counts[kind] > 0);
  }

  /** @returns what takes it away again */
  add(kind: Kind): () => void {
    this.#counts[kind] += 1;
    return () => {
      this.#counts[kind] -= 1;
      if (this.remains.length === 0) for (const wake of [...this.#waiting]) wake();
    };
  }

  /** Resolves when nothing is left, or after so many milliseconds: five seconds unless told. @returns what is left then */
  async whenGone({
    clock,
    timeoutMs = usualTimeoutMs,
  }: {
    clock: Clock;
    timeoutMs?: number;
  }): Promise<Remains> {
    if (this.remains.length === 0) return [];
    await new Promise<void>((resolve) => {
      const cancel = clock.after(timeoutMs, () => wake());
      const wake = () => {
        this.#waiting.delete(wake);
        cancel();
        resolve();
      };
      this.#waiting.add(wake);
    });
    return this.remains;
  }
}
