import type { types } from 'mediasoup';
import type { Clock } from '../core/clock.ts';
import { readStatistics } from '../sfu/media/media-call.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

export interface InactivityTimerOptions {
  peer: Peer;
  clock: Clock;
  /** How long nothing may be received; 0 turns the timer off. Read again for every check. */
  timeoutSeconds: () => number;
  onInactive: () => void;
}

const checksPerTimeout = 4;
/** While the timer is off: how often the setting is read again. */
const settingCheckMs = 60_000;

/**
 * Notices a sender that stopped without a word: RTP has no end, so it looks whether the number of received bytes still
 * grows.
 */
export class InactivityTimer {
  #receivedBytes = 0;
  #activeAt: number;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(private readonly options: InactivityTimerOptions) {
    this.#activeAt = options.clock.elapsed();
    this.#scheduleCheck();
  }

  /** Starts the timer again, after a sign of life other than media. */
  reset(): void {
    this.#activeAt = this.options.clock.elapsed();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #scheduleCheck(): void {
    if (this.#closed) return;
    const { clock, timeoutSeconds } = this.options;
    const delayMs = timeoutSeconds() === 0 ? settingCheckMs : (timeoutSeconds() * 1000) / checksPerTimeout;
    this.#cancel = clock.after(delayMs, () => void this.#check().finally(() => this.#scheduleCheck()));
  }

  async #check(): Promise<void> {
    const { clock, timeoutSeconds, onInactive } = this.options;
    const receivedBytes = await this.#countReceivedBytes();
    if (this.#closed) return;
    const timeoutMs = timeoutSeconds() * 1000;
    if (receivedBytes !== this.#receivedBytes || timeoutMs === 0) this.reset();
    this.#receivedBytes = receivedBytes;
    if (timeoutMs === 0 || clock.elapsed() - this.#activeAt < timeoutMs) return;
    this.close();
    onInactive();
  }

  /** Bytes received on all transports. A peer that only receives sends RTCP reports, so it counts as active too. */
  async #countReceivedBytes(): Promise<number> {
    const transports = [...this.options.peer.transports.values()];
    const counts = transports.map(async ({ transport }) => {
      // A transport that closes at this moment counts as nothing.
      const stats = await readStatistics<readonly object[]>(transport).catch(() => []);
      return (stats as types.BaseTransportStats[]).reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}
