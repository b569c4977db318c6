import { type Actor, serverActor } from '../../core/actors.ts';
import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { SfuBus } from '../events.ts';

interface DrainOptions {
  events: SfuBus;
  clock: Clock;
  /** Whether no peer is left to wait for. */
  idle: () => boolean;
  /** Ends all calls. @returns how many peers there were. */
  end: () => number;
}

/** How a drain came to its end. */
export type DrainResult = 'ended' | 'cancelled';

interface Running {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** The same by the clock that never jumps. */
  readonly endsAt: number;
  readonly done: Promise<DrainResult>;
  readonly resolve: (result: DrainResult) => void;
  readonly cancelTimer: () => void;
  finished: boolean;
}

/** Graceful drain: no new rooms; calls go on until they end by themselves or the deadline comes. */
export class Drain {
  #running: Running | undefined;

  constructor(private readonly options: DrainOptions) {}

  get deadline(): number | null {
    return this.#running?.deadline ?? null;
  }

  /**
   * Starts a drain, or joins the one that runs; resolves when it is over. Of two deadlines the earlier one counts, for
   * a process that is being stopped does not wait for the later one.
   */
  start(options: { milliseconds: number; by?: Actor }): Promise<DrainResult> {
    const { milliseconds, by = serverActor } = options;
    const { clock, events } = this.options;
    const deadline = clock.now() + milliseconds;
    const endsAt = clock.elapsed() + milliseconds;
    const former = this.#running;
    if (former && (former.finished || former.endsAt <= endsAt)) return former.done;
    former?.cancelTimer();
    const cancelTimer = clock.after(milliseconds, () => this.#finish());
    const waiting = former ?? newWait();
    this.#running = { ...waiting, deadline, endsAt, cancelTimer, finished: false };
    events.emit('drainStarted', { deadline, by });
    this.peerGone();
    return waiting.done;
  }

  /** A peer left; with the last one the drain ends. */
  peerGone(): void {
    if (this.#running && this.options.idle()) this.#finish();
  }

  /** Takes new rooms again, also after all calls have ended. @throws SfuError wrong_state when there is no drain */
  cancel(by: Actor): void {
    if (!this.#running) {
      throw new SfuError('wrong_state', 'the node is not draining; there is nothing to cancel');
    }
    const { cancelTimer, resolve } = this.#running;
    this.#running = undefined;
    cancelTimer();
    this.options.events.emit('drainCancelled', { by });
    resolve('cancelled');
  }

  #finish(): void {
    const running = this.#running;
    if (!running || running.finished) return;
    running.finished = true;
    running.cancelTimer();
    const remainingPeers = this.options.end();
    this.options.events.emit('drainEnded', { remainingPeers });
    running.resolve('ended');
  }
}

function newWait(): Pick<Running, 'done' | 'resolve'> {
  const { promise: done, resolve } = Promise.withResolvers<DrainResult>();
  return { done, resolve };
}

/** After ten seconds a balancer has seen that this node is not ready any more. */
export function draining(what: string): SfuError {
  const sentence = `this server is about to end and ${what}; connect again in 10 seconds to reach another`;
  return new SfuError('draining', sentence);
}
