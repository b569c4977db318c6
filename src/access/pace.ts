import { SfuError } from '../core/errors.ts';
import { readNetwork } from '../core/networks.ts';

/** Clients that are remembered at least and, twice as many, at most; the quiet ones are forgotten first. */
const maxClients = 5000;
/** A client that was quiet may send this many seconds' worth at once. */
const burstSeconds = 5;

export interface PaceOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Requests a second over time. Read each time, since a reload of the configuration may change it. */
  readonly perSecond: () => number;
}

/**
 * Limits clients to a number of requests a second, with bursts. For each client it keeps the time at which all that the
 * client sent would be worked off at that pace (the generic cell rate algorithm, ITU-T I.371), and nothing else.
 */
export class Pace {
  /** Those that sent something lately, and those that did before that. */
  #recent = new Map<string, number>();
  #earlier = new Map<string, number>();

  constructor(private readonly options: PaceOptions) {}

  /**
   * Takes a request, unless it came too fast.
   * @param cost as how many requests it counts
   * @returns undefined when it may pass, else the milliseconds after which it may
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
 * As which client an address counts: an IPv6 address as its /64, which one household or host has to itself. Undefined for
 * this machine: from there come its own programs, or a proxy that is not named in TUREEN_TRUSTED_PROXIES, behind which
 * all clients look like one.
 */
export function clientOf(address: string): string | undefined {
  return /^(?:::1|127\.\d+\.\d+\.\d+)$/.test(address) ? undefined : (readNetwork(address) ?? address);
}

/** Paces what addresses send before anything else is done for them. */
export class AddressPace {
  readonly #pace: Pace;

  constructor(private readonly options: PaceOptions) {
    this.#pace = new Pace(options);
  }

  /** @param cost as how many requests it counts. @throws SfuError flood, with the time to wait */
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
