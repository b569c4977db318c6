import type { Clock } from './clock.ts';

/** Who was quiet may send this many seconds' worth at once. */
const burstMs = 5000;
/** Clients in each of the two generations that are remembered; those that were quiet for longest are forgotten first. */
const maxClients = 5000;

/**
 * All that is stored of a sender is a time: when what it sent so far would all be handled at its rate (the generic cell
 * rate algorithm, ITU-T I.371).
 * @param spanMs how long what comes now takes at that rate
 * @returns undefined when it may pass, else the milliseconds to wait
 */
function waitMsFor(workedOff: number, now: number, spanMs: number): number | undefined {
  const tooEarly = Math.max(workedOff, now) + spanMs - now - burstMs;
  return tooEarly > 0 ? Math.ceil(tooEarly) : undefined;
}

/** What costs more than a whole burst passes for a whole burst. */
function spanMsOf(cost: number, perSecond: number): number {
  return Math.min((cost * 1000) / perSecond, burstMs);
}

/** Limits one sender to a number of messages a second, with bursts. */
export class Pace {
  #workedOff = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts a message, unless it came too fast.
   * @param cost how many messages it counts for
   * @returns undefined when it may pass, else the milliseconds to wait
   */
  take(cost = 1): number | undefined {
    const now = this.clock.elapsed();
    const spanMs = spanMsOf(cost, this.perSecond);
    const waitMs = waitMsFor(this.#workedOff, now, spanMs);
    if (waitMs === undefined) this.#workedOff = Math.max(this.#workedOff, now) + spanMs;
    return waitMs;
  }

  /** Counts a message no longer that turned out to be free. */
  giveBack(cost = 1): void {
    this.#workedOff -= spanMsOf(cost, this.perSecond);
  }

  /** Resolves when a message may pass, and has counted it then. */
  async wait(cost = 1): Promise<void> {
    for (;;) {
      const waitMs = this.take(cost);
      if (waitMs === undefined) return;
      await new Promise<void>((resolve) => {
        this.clock.after(waitMs, resolve);
      });
    }
  }
}

export interface PacesOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Requests a second. Read for every request, because a reload of the configuration may change it. */
  readonly perSecond: () => number;
}

/** Limits each of many clients to a number of requests a second, with bursts. */
export class Paces {
  /** Two generations: clients that sent something lately, and those that last did so before that. */
  #recent = new Map<string, number>();
  #earlier = new Map<string, number>();

  constructor(private readonly options: PacesOptions) {}

  /**
   * Counts a request of a client, unless it came too fast.
   * @param cost how many requests it counts for
   * @returns undefined when it may pass, else the milliseconds to wait
   */
  take(client: string, cost = 1): number | undefined {
    const { clock, perSecond } = this.options;
    const now = clock.elapsed();
    const spanMs = spanMsOf(cost, perSecond());
    const workedOff = Math.max(this.#recent.get(client) ?? this.#earlier.get(client) ?? now, now);
    const waitMs = waitMsFor(workedOff, now, spanMs);
    this.#remember(client, waitMs === undefined ? workedOff + spanMs : workedOff);
    return waitMs;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#recent.size + this.#earlier.size;
  }

  #remember(client: string, workedOff: number): void {
    this.#recent.set(client, workedOff);
    if (this.#recent.size < maxClients) return;
    this.#earlier = this.#recent;
    this.#recent = new Map();
  }
}
