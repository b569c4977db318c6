import { type Random, randomOf } from '../random.ts';
import type { Conditions } from './conditions.ts';

const defaultQueueMs = 300;
const protocolOffset = 9;
const udp = 17;

interface Waiting {
  readonly packet: Uint8Array;
  readonly dueMs: number;
}

/** One way of a bad path: takes IPv4 packets, and gives back later those that get through, in their order. */
export class Shaper {
  readonly #random: Random;
  readonly #waiting: Waiting[] = [];
  #conditions: Conditions = {};
  /** Whether the packet before was lost, which loss in bursts depends on. */
  #inBurst = false;
  /** When the last bit of the packet before has left. */
  #freeAtMs = 0;
  #lastDueMs = 0;

  /** @param seed of its chances: the same seed loses the same packets of the same stream */
  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  set conditions(conditions: Conditions) {
    this.#conditions = conditions;
    // What waited for a turn does not hold up what comes over another line.
    this.#freeAtMs = 0;
  }

  take(packet: Uint8Array, nowMs: number): void {
    if (this.#isBlocked(packet) || this.#isLost()) return;
    const leavesMs = this.#leaves(packet.length, nowMs);
    if (leavesMs === undefined) return;
    const { delayMs = 0, jitterMs = 0 } = this.#conditions;
    const dueMs = Math.max(this.#lastDueMs, leavesMs + delayMs + this.#random.next() * jitterMs);
    this.#lastDueMs = dueMs;
    this.#waiting.push({ packet, dueMs });
  }

  /** When the next packet is due; undefined when none waits. */
  get nextDueMs(): number | undefined {
    return this.#waiting[0]?.dueMs;
  }

  /** The packets that are due by now. */
  due(nowMs: number): Uint8Array[] {
    const later = this.#waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    return this.#waiting.splice(0, later < 0 ? this.#waiting.length : later).map(({ packet }) => packet);
  }

  #isBlocked(packet: Uint8Array): boolean {
    const { blocked } = this.#conditions;
    return blocked === 'all' || (blocked === 'udp' && packet[protocolOffset] === udp);
  }

  /** A Gilbert model (E. N. Gilbert, 1960): a good state that loses nothing, and a bad one that loses all. */
  #isLost(): boolean {
    const { loss = 0, burst = 1 } = this.#conditions;
    if (burst <= 1) return this.#random.chance(loss);
    const begins = loss / (burst * (1 - loss));
    this.#inBurst = this.#inBurst ? !this.#random.chance(1 / burst) : this.#random.chance(begins);
    return this.#inBurst;
  }

  /** When a packet has left the queue of a line with a rate; undefined when the queue is full. */
  #leaves(bytes: number, nowMs: number): number | undefined {
    const { rate, queueMs = defaultQueueMs } = this.#conditions;
    if (rate === undefined) return nowMs;
    const startsMs = Math.max(nowMs, this.#freeAtMs);
    if (startsMs - nowMs > queueMs) return undefined;
    this.#freeAtMs = startsMs + (bytes * 8 * 1000) / rate;
    return this.#freeAtMs;
  }
}
