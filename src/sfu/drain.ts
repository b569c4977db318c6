import { SfuError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { type Actor, type EventBus, serverActor } from './events.ts';

interface DrainOptions {
  events: EventBus;
  clock: Clock;
  /** Whether nobody is left who could be waited for. */
  idle: () => boolean;
  /** Ends all calls. @returns how many peers there were. */
  end: () => number;
}

/** How a drain came to its end. */
export type DrainResult = 'ended' | 'cancelled';

interface Running {
  readonly deadline: number;
  readonly done: Promise<DrainResult>;
  readonly resolve: (result: DrainResult) => void;
  readonly cancelTimer: () => void;
  finished: boolean;
}

/** The end of a node in peace: no new rooms, calls go on until they end by themselves or the deadline comes. */
export class Drain {
  #running: Running | undefined;

  constructor(private readonly options: DrainOptions) {}

  get deadline(): number | null {
    return this.#running?.deadline ?? null;
  }

  /** Starts, or joins a drain that runs. Resolves when it is over. */
  start(options: { milliseconds: number; by?: Actor }): Promise<DrainResult> {
    if (this.#running) return this.#running.done;
    const { milliseconds, by = serverActor } = options;
    const { clock, events } = this.options;
    const { promise, resolve } = Promise.withResolvers<DrainResult>();
    const deadline = clock.now() + milliseconds;
    const cancelTimer = clock.after(milliseconds, () => this.#finish());
    this.#running = { deadline, done: promise, resolve, cancelTimer, finished: false };
    events.emit('drainStarted', { deadline, by });
    this.peerGone();
    return promise;
  }

  /** Somebody left; when nobody is left there is nothing to wait for. */
  peerGone(): void {
    if (this.#running && this.options.idle()) this.#finish();
  }

  cancel(by: Actor): void {
    if (!this.#running || this.#running.finished) {
      throw new SfuError(
        'wrong_state',
        'the node is not draining, or has ended its calls; there is nothing to cancel',
      );
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
