import { systemClock } from '../../core/clock.ts';
import { type NodeStress, notStressed } from '../../core/stress.ts';
import { StressMeter, type StressMeterOptions, type StressReading } from './meter.ts';

/** Each look costs about a tenth of a millisecond, and wakes the process. */
const intervalMs = 2000;

export interface StressWatchOptions extends StressMeterOptions {
  readonly read: () => StressReading;
}

/** Follows the stress of this host for as long as the server runs. Processes live by real time, so no clock is given. */
export class StressWatch {
  readonly #meter: StressMeter;
  #state: NodeStress = notStressed;
  #cancel: () => void = () => {};

  constructor(private readonly options: StressWatchOptions) {
    this.#meter = new StressMeter(options);
    this.#look();
  }

  get state(): NodeStress {
    return this.#state;
  }

  close(): void {
    this.#cancel();
  }

  #look(): void {
    this.#cancel = systemClock.after(intervalMs, () => this.#look());
    this.#state = this.#meter.read(this.options.read());
  }
}
