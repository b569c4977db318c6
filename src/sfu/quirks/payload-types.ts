import type { types } from 'mediasoup';
import { closeRouter } from './router-close.ts';

/** A router that several hold; it closes when the last one releases it. */
export interface RouterLease<T> {
  readonly roomRouter: T;
  readonly release: () => void;
}

/**
 * A router sends each codec to everyone under one payload type, whatever the receiver's capabilities say (3.27.1,
 * node/lib/ortc.js, `getConsumerRtpParameters`).
 * Upstream: a known wish, https://github.com/versatica/mediasoup/issues/1126; a change is open,
 * https://github.com/versatica/mediasoup/pull/1783.
 * Without this a WHEP player that makes the offer, and so chooses the payload types, cannot be answered.
 *
 * Such receivers get a router of their own beside those of the room; those that want the same codecs share it.
 */
export class LeasedRouters<T extends { readonly router: types.Router }> {
  readonly #leases = new Map<string, { readonly opening: Promise<T>; holders: number }>();
  readonly #routers = new Set<T>();

  constructor(private readonly open: (mediaCodecs: types.RouterRtpCodecCapability[]) => Promise<T>) {}

  /** Those that are open. */
  get all(): readonly T[] {
    return [...this.#routers];
  }

  /** @throws what opening the router throws */
  async lease(mediaCodecs: types.RouterRtpCodecCapability[]): Promise<RouterLease<T>> {
    const key = JSON.stringify(mediaCodecs);
    const lease = this.#leases.get(key) ?? { opening: this.#open(mediaCodecs), holders: 0 };
    this.#leases.set(key, lease);
    lease.holders += 1;
    const release = () => {
      lease.holders -= 1;
      if (lease.holders > 0) return;
      if (this.#leases.get(key) === lease) this.#leases.delete(key);
      // If it never opened, those that waited for it got the error.
      lease.opening.then(({ router }) => closeRouter(router)).catch(() => {});
    };
    try {
      return { roomRouter: await lease.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** From now on nobody gets a router that was opened before. */
  retire(): void {
    this.#leases.clear();
  }

  async #open(mediaCodecs: types.RouterRtpCodecCapability[]): Promise<T> {
    const opened = await this.open(mediaCodecs);
    if (opened.router.closed) return opened;
    this.#routers.add(opened);
    opened.router.observer.once('close', () => this.#routers.delete(opened));
    return opened;
  }
}
