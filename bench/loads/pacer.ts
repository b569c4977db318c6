import type { MediaSource } from '../load/source.ts';

/** How fast the clock goes that the video sees, and how large its frames are. */
const paces = {
  silent: { clock: 0, share: 0 },
  /** Three frames of one packet in two seconds: many receivers in JavaScript keep up with it while others join. */
  slow: { clock: 0.05, share: 0 },
  /** Five frames a second, as large as at full pace. */
  sixth: { clock: 1 / 6, share: 1 },
  full: { clock: 1, share: 1 },
};
export type Pace = keyof typeof paces;

/** How often the sources send due frames, in milliseconds. */
const tick = 5;

/** Lets video sources send at one of several paces. They begin silent. */
export class Pacer {
  #pace = paces.silent;
  #clock = 0;
  #last = performance.now();

  constructor(
    private readonly sources: readonly MediaSource[],
    /** Bits a second of each at full pace. */
    private readonly bitrate: number,
  ) {
    setInterval(() => this.#advance(), tick);
  }

  /** Packets that were sent so far. */
  get sent(): number {
    return this.sources.reduce((sum, source) => sum + source.sent, 0);
  }

  setPace(pace: Pace): void {
    this.#pace = paces[pace];
    for (const source of this.sources) source.setBitrate(this.bitrate * this.#pace.share);
  }

  #advance(): void {
    const now = performance.now();
    this.#clock += (now - this.#last) * this.#pace.clock;
    this.#last = now;
    if (this.#pace.clock > 0) for (const source of this.sources) source.advance(this.#clock);
  }
}
