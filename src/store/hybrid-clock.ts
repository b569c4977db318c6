/** When something was decided: the time, a count within it, and the installation of the node, which settles ties. */
export interface Stamp {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly count: number;
  readonly node: string;
}

/** A stamp further ahead than this is not believed: it would win over everything that is decided until then. */
export const maxAheadMs = 10_000;

/** Positive when the first one is later. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.time - b.time || a.count - b.count || (a.node === b.node ? 0 : a.node > b.node ? 1 : -1);
}

/** The time that the nodes agree on, against this machine's. */
export interface ClockAgreement {
  /** Milliseconds by which it is ahead. */
  readonly offset: number;
  /** Whether most nodes say so: of two that differ nobody knows which one is wrong. */
  readonly isProven: boolean;
}

const alone: ClockAgreement = { offset: 0, isProven: true };

/**
 * A hybrid logical clock: its stamps follow the time, and are later than every stamp that it has seen. So who decides
 * something after having read something else wins over it on every node.
 */
export class HybridClock {
  /** What the mesh knows of it. */
  agreement: () => ClockAgreement = () => alone;
  #lastTime = 0;
  #lastCount = 0;

  constructor(
    private readonly now: () => number,
    private readonly node: string,
  ) {}

  /** Milliseconds since the epoch, as the nodes agree on it. */
  get time(): number {
    return Math.round(this.now() + this.agreement().offset);
  }

  /** The latest that it can be now: what ends what was issued until now must not end too little. */
  get latest(): number {
    return this.agreement().isProven ? this.time : Math.max(this.time, this.now());
  }

  next(): Stamp {
    const { time } = this;
    // What it has seen and does not believe any more, because this clock was set right, holds it up no longer.
    const last = this.#lastTime > time + maxAheadMs ? 0 : this.#lastTime;
    this.#lastCount = time > last ? 0 : this.#lastCount + 1;
    this.#lastTime = Math.max(time, last);
    return { time: this.#lastTime, count: this.#lastCount, node: this.node };
  }

  saw({ time, count }: Stamp): void {
    if (time < this.#lastTime || (time === this.#lastTime && count <= this.#lastCount)) return;
    this.#lastTime = time;
    this.#lastCount = count;
  }

  isAhead({ time }: Pick<Stamp, 'time'>): boolean {
    return time > this.time + maxAheadMs;
  }
}
