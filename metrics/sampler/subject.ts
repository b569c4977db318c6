import type { Tally } from './tally.ts';

/** How good a stream or a transport was when it was last sampled; what is not known is left out. */
export interface Quality {
  readonly lossRatio?: number;
  readonly roundTripSeconds?: number;
  readonly score?: number;
}

/** A media object that is asked for its statistics. */
export interface Subject {
  readonly id: string;
  readonly closed: boolean;
  /** How it was at the last sample. */
  readonly quality: Quality;
  /** Asks mediasoup and adds what is new to the page. Rejects when the object is gone. */
  sample(): Promise<void>;
  /** Counts its state; nothing is asked for. */
  tally(tally: Tally): void;
}
