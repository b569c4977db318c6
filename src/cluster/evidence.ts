import type { Clock } from '../core/clock.ts';
import type { Bus } from './bus.ts';

/** Evidence further apart than this leaves open whether the bus worked in between. */
const gapMs = 2500;
/** When nothing was heard for so long, the echo beside the bus is asked. */
const askAfterMs = 1000;
const echoTimeoutMs = 1000;

/**
 * Since when the bus is known to work without a gap: heartbeats of other nodes arrive, or the echo beside it answers. Only
 * then does silence say something about a node. Beside a leaf node heartbeats say nothing: those of nodes that are beside
 * it, too, arrive without the hub.
 */
export class BusEvidence {
  #since: number | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** Counts the resets: an echo that was asked for before one proves nothing after it. */
  #era = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** A heartbeat came over the bus. */
  heard(): void {
    if (!this.bus.isLeaf) this.#add();
  }

  #add(): void {
    const now = this.clock.elapsed();
    if (this.#since === undefined || now - this.#last > gapMs) this.#since = now;
    this.#last = now;
  }

  /** Nothing is known any more: the connection is another one, or this process stood still. */
  reset(): void {
    this.#era += 1;
    this.#since = undefined;
    this.#last = Number.NEGATIVE_INFINITY;
  }

  /** Whether the bus has worked for so long, up to now, while nothing of a node came that was heard last at `heardAt`. */
  provesSilence(heardAt: number, milliseconds: number): boolean {
    const now = this.clock.elapsed();
    if (this.#since === undefined || now - this.#last > gapMs) return false;
    return now - Math.max(heardAt, this.#since) > milliseconds;
  }

  /** Asks for an echo when one is needed and nothing else proves that the bus works. */
  look(isNeeded: boolean): void {
    if (!isNeeded || this.#asking || this.bus.status !== 'connected') return;
    if (this.clock.elapsed() - this.#last < askAfterMs) return;
    this.#asking = true;
    const era = this.#era;
    void this.bus.echo(echoTimeoutMs).then((answered) => {
      this.#asking = false;
      if (answered && era === this.#era) this.#add();
    });
  }
}
