import { SfuError } from '../core/errors.ts';
import { readNetwork } from '../core/networks.ts';
import { Paces, type PacesOptions } from '../core/pace.ts';

/**
 * The client that an address counts as: an IPv6 address as its /64, which belongs to one household or host. Undefined for
 * this machine, where a request comes from a local program, or from a proxy that is not in TUREEN_TRUSTED_PROXIES and
 * behind which all clients look like one.
 */
export function clientOf(address: string): string | undefined {
  return /^(?:::1|127\.\d+\.\d+\.\d+)$/.test(address) ? undefined : (readNetwork(address) ?? address);
}

/** Limits the requests and handshakes of each address, before anything else is done for them. */
export class AddressPace {
  readonly #paces: Paces;

  constructor(private readonly options: PacesOptions) {
    this.#paces = new Paces(options);
  }

  /** @param cost how many requests it counts for @throws SfuError flood, with the time to wait */
  require(address: string, cost = 1): void {
    const client = clientOf(address);
    const waitMs = client === undefined ? undefined : this.#paces.take(client, cost);
    if (waitMs === undefined) return;
    throw new SfuError(
      'flood',
      `more than ${this.options.perSecond()} requests a second came from your address; wait, then go on`,
      { retryAfterSeconds: Math.ceil(waitMs / 1000) },
    );
  }
}
