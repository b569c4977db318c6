import { SfuError } from '../core/errors.ts';
import { readNetwork } from '../core/networks.ts';

/** Clients in each of the two generations that are remembered; those that were quiet for longest are forgotten first. */
const maxClients = 5000;
/** A client that was quiet may send this many seconds' worth of requests at once. */
const burstSeconds = 5;

export interface PaceOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Requests a second. Read for every request, because a reload of the configuration may change it. */
  readonly perSecond: () => number;
}

/**
 * Limits each of many clients to a number of requests a second, with bursts. All it stores of a client is a time: when
 * its requests so far would all be handled at that rate (the generic cell rate algorithm, ITU-T I.371).
 */
export class Pace {
  /** Two generations: clients that sent something lately, and those that last did so before that. */
  #recent = new Map<string, number>();
  #earlier = new Map<string, number>();

  constructor(private readonly options: PaceOptions) {}

  /**
   * Counts a request, unless it came too fast.
   * @param cost how many requests it counts for
   * @returns undefined when it may pass, else the milliseconds to wait
   */
  take(client: string, cost = 1): number | undefined {
    const now = this.options.now();
    const burst = burstSeconds * 1000;
    const workedOff = this.#recent.get(client) ?? this.#earlier.get(client) ?? now;
    const ahead = Math.max(0, workedOff - now);
    const next = ahead + Math.min((cost * 1000) / this.options.perSecond(), burst);
    const passes = next <= burst;
    this.#remember(client, now + (passes ? next : ahead));
    return passes ? undefined : Math.ceil(next - burst);
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

/**
 * The client that an address counts as: an IPv6 address as its /64, which belongs to one household or host. Undefined for
 * this machine, where a request comes from a local program, or from a proxy that is not in TUREEN_TRUSTED_PROXIES and
 * behind which all clients look like one.
 */
export function clientOf(address: string): string | undefined {
  return /^(?:::1|127\.\d+\.\d+\.\d+)$/.test(address) ? undefined : (readNetwork(address) ?? address);
}

/** Limits the requests of each address, before anything else is done for them. */
export class AddressPace {
  readonly #pace: Pace;

  constructor(private readonly options: PaceOptions) {
    this.#pace = new Pace(options);
  }

  /** @param cost how many requests it counts for @throws SfuError flood, with the time to wait */
  require(address: string, cost = 1): void {
    const client = clientOf(address);
    const waitMs = client === undefined ? undefined : this.#pace.take(client, cost);
    if (waitMs === undefined) return;
    throw new SfuError(
      'flood',
      `more than ${this.options.perSecond()} requests a second came from your address; wait, then go on`,
      { retryAfterSeconds: Math.ceil(waitMs / 1000) },
    );
  }
}
