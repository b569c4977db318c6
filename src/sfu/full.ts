import type { Clock } from '../core/clock.ts';
import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import { peerKey } from '../core/peer-key.ts';
import { type NodeStress, notStressed, type StressResource } from '../core/stress.ts';
import type { PeerRef, SfuBus } from './events.ts';
import type { ReadModel } from './rooms/read-model.ts';

export interface FullnessOptions {
  /** Nothing is measured by default. */
  readonly stress?: () => NodeStress;
  /** From this level on nobody new is let in; 1, the default, for never. */
  readonly fullAt?: () => number;
  /** How many are on this node. */
  readonly read: Pick<ReadModel, 'size'>;
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
/**
 * What a peer costs is in the stress only a while after it came: its media has to start and the estimate of its bandwidth to
 * rise, the stress is looked at every two seconds, and it follows with a time constant of five (src/host/stress/meter.ts). In
 * the benchmark `full` it was 14 seconds late. Until then the peer is counted beside it.
 */
const unseenMs = 15_000;
/** The most that one who came is counted for: with few peers, what the node does beside them is no cost of theirs. */
const mostOfPeer = 0.03;
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
  /** When those who are there came, by session, the oldest first; without those who are in the stress by now. */
  readonly #unseen = new Map<string, number>();

  constructor(private readonly options: FullnessOptions) {
    const { events, clock } = options;
    const came = ({ sessionId }: PeerRef) => {
      this.#forgetSeen();
      this.#unseen.set(sessionId, clock.elapsed());
    };
    const went = ({ sessionId }: PeerRef) => this.#unseen.delete(sessionId);
    events.on('peerConnected', came);
    events.on('peerMovedHere', came);
    events.on('peerLeft', went);
    events.on('peerDeparted', went);
    events.on('peerLeft', ({ roomId, peerId, reason, joined }) => {
      if (joined && unwilling.has(reason)) this.#expect(peerKey({ roomId, peerId }));
    });
  }

  get full(): boolean {
    const limit = this.options.fullAt?.() ?? 1;
    if (limit >= 1) {
      this.#full = false;
      return false;
    }
    const level = this.#stress.level + this.#expected;
    if (level >= limit) this.#full = true;
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

  /** What those who came lately will add to the stress, at what a peer costs now. */
  get #expected(): number {
    this.#forgetSeen();
    const each = Math.min(mostOfPeer, this.#stress.level / Math.max(1, this.options.read.size().peers));
    return each * this.#unseen.size;
  }

  #forgetSeen(): void {
    const before = this.options.clock.elapsed() - unseenMs;
    for (const [sessionId, cameAt] of this.#unseen) {
      if (cameAt > before) return;
      this.#unseen.delete(sessionId);
    }
  }

  #expect(key: string): void {
    this.#returning.delete(key);
    this.#returning.set(key, this.options.clock.elapsed() + returnMs);
    const [oldest] = this.#returning.keys();
    if (this.#returning.size > maxKnown && oldest !== undefined) this.#returning.delete(oldest);
  }
}
