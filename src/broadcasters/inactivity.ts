import type { types } from 'mediasoup';
import type { Clock } from '../core/clock.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

export interface SilenceOptions {
  peer: Peer;
  clock: Clock;
  /** How long nothing may be heard; 0 for as long as one likes. */
  seconds: () => number;
  onSilent: () => void;
}

/** How often it looks, as a part of the time that it waits. */
const looks = 4;
/** How often it looks whether the setting has changed, while it says that nobody waits. Milliseconds. */
const idle = 60_000;

/** RTP has no end: whoever stops sending without a word is missed by counting what comes. */
export class Silence {
  #received = 0;
  #heardAt: number;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(private readonly options: SilenceOptions) {
    this.#heardAt = options.clock.now();
    this.#lookLater();
  }

  /** It gave a sign of life by another way than media. */
  heard(): void {
    this.#heardAt = this.options.clock.now();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #lookLater(): void {
    if (this.#closed) return;
    const { clock, seconds } = this.options;
    const wait = seconds() === 0 ? idle : (seconds() * 1000) / looks;
    this.#cancel = clock.after(wait, () => void this.#look().finally(() => this.#lookLater()));
  }

  async #look(): Promise<void> {
    const { clock, seconds, onSilent } = this.options;
    const received = await this.#count();
    if (this.#closed) return;
    if (received !== this.#received || seconds() === 0) this.heard();
    this.#received = received;
    if (clock.now() - this.#heardAt < seconds() * 1000) return;
    this.close();
    onSilent();
  }

  /** Bytes that came over all its transports; receivers send reports, so they are heard too. */
  async #count(): Promise<number> {
    const transports = [...this.options.peer.transports.values()];
    const counts = transports.map(async ({ transport }) => {
      // One that closes at this moment counts no more.
      const stats = await transport.getStats().catch(() => []);
      return (stats as types.BaseTransportStats[]).reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}
