import { isIP } from 'node:net';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';

/** How often names of relays are looked up again. */
const refreshMs = 10 * 60_000;

export interface RelaysOptions {
  /** Read each time: a reload may change it. */
  readonly config: Pick<Config, 'iceServers' | 'turnUrls'>;
  /** The addresses of a name. @throws when it cannot be looked up */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly clock?: Clock;
}

/**
 * The addresses of the TURN servers that clients are given. Media that comes from one of them is relayed: no client says so
 * itself, since a server that is ICE lite is told no candidates. One that relays from another address than it listens on
 * is not seen.
 */
export class Relays {
  readonly #addresses = new Map<string, readonly string[]>();
  #known: ReadonlySet<string> = new Set();
  #cancel: () => void = () => {};
  #closed = false;

  constructor(private readonly options: RelaysOptions) {
    void this.#refresh();
  }

  has(address: string): boolean {
    return this.#known.has(address);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #refresh(): Promise<void> {
    const { clock = systemClock, resolve = lookUp } = this.options;
    const names = hostsOf(this.options.config);
    await Promise.all(
      names.map(async (name) => {
        // What cannot be looked up now stays as it was.
        const found = isIP(name) === 0 ? await resolve(name).catch(() => undefined) : [name];
        if (found) this.#addresses.set(name, found);
      }),
    );
    if (this.#closed) return;
    for (const name of this.#addresses.keys()) if (!names.includes(name)) this.#addresses.delete(name);
    this.#known = new Set([...this.#addresses.values()].flat());
    this.#cancel = clock.after(refreshMs, () => void this.#refresh());
  }
}

/** The hosts of `turn:` and `turns:` addresses (RFC 7065). */
function hostsOf({ iceServers = [], turnUrls = [] }: RelaysOptions['config']): string[] {
  const urls = [...turnUrls, ...iceServers.flatMap((server) => server.urls)];
  return urls.flatMap((url) => /^turns?:(?:\[([^\]]+)\]|([^:?]+))/i.exec(url)?.slice(1).find(Boolean) ?? []);
}

async function lookUp(name: string): Promise<string[]> {
  const found = await Bun.dns.lookup(name, { backend: 'c-ares' });
  return found.map(({ address }) => address);
}
