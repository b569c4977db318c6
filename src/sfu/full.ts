import type { Clock } from '../core/clock.ts';
import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import { peerKey } from '../core/peer-key.ts';
import { type NodeStress, notStressed, type StressResource } from '../core/stress.ts';
import type { SfuBus } from './events.ts';

export interface FullnessOptions {
  /** Nothing is measured by default. */
  readonly stress?: () => NodeStress;
  /** From this level on nobody new is let in; 1, the default, for never. */
  readonly fullAt?: () => number;
  readonly events: SfuBus;
  readonly clock: Clock;
}

/** The stress has to fall so far below the limit before others are let in: a level that sways must not sway the door. */
const margin = 0.1;
/** For so long one that lost its connection may come back, whether or not others may enter. */
const returnMs = 120_000;
/** Of so many it is known; the oldest are forgotten. */
const maxKnown = 10_000;
const retryAfterSeconds = 10;
/** After these ends a client comes back by itself. */
const unwilling: ReadonlySet<PeerEnd> = new Set(['disconnected', 'rejoin']);

const scarce: Readonly<Record<StressResource, string>> = {
  worker_cpu: 'media',
  worker_files: 'files of media',
  loop_cpu: 'signaling',
  egress: 'bandwidth',
  files: 'files',
};

/**
 * A node that is full lets nobody new in, so that the calls that it has keep their sound. Who is in a call stays, may
 * publish, and may come back.
 */
export class Fullness {
  #full = false;
  /** Who lost a connection, and until when they may come back, by the clock that never jumps. */
  readonly #returning = new Map<string, number>();

  constructor(private readonly options: FullnessOptions) {
    options.events.on('peerLeft', ({ roomId, peerId, reason, joined }) => {
      if (joined && unwilling.has(reason)) this.#expect(peerKey({ roomId, peerId }));
    });
  }

  get full(): boolean {
    const { level } = this.#stress;
    const limit = this.options.fullAt?.() ?? 1;
    if (limit >= 1) this.#full = false;
    else if (level >= limit) this.#full = true;
    else if (level < limit - margin) this.#full = false;
    return this.#full;
  }

  /** @param present whether it is in the room now @throws SfuError busy */
  check({ roomId, peerId }: { roomId: string; peerId: string }, present: boolean): void {
    if (!this.full || present) return;
    const until = this.#returning.get(peerKey({ roomId, peerId })) ?? 0;
    if (this.options.clock.elapsed() < until) return;
    const { resource } = this.#stress;
    const why = resource ? ` (${scarce[resource]})` : '';
    const sentence = `this server is full${why}; try again in ${retryAfterSeconds} s`;
    throw new SfuError('busy', sentence, { retryAfterSeconds });
  }

  get #stress(): NodeStress {
    return this.options.stress?.() ?? notStressed;
  }

  #expect(key: string): void {
    this.#returning.delete(key);
    this.#returning.set(key, this.options.clock.elapsed() + returnMs);
    const [oldest] = this.#returning.keys();
    if (this.#returning.size > maxKnown && oldest !== undefined) this.#returning.delete(oldest);
  }
}
