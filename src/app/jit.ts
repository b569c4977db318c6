import type { SfuBus } from '../sfu/events.ts';

/**
 * Until the first room a function has to run this many times more often than by default before the engine compiles it.
 * What a start and an idle server run is not worth the time and the 7 MB that compiling it takes.
 */
export const startingJitPolicy = 100;

/** Lets the engine compile as by default from the first room on. @returns a function that stops waiting for it */
export function compileFromFirstRoom(events: SfuBus): () => void {
  const stop = events.on('roomOpened', () => {
    stop();
    Bun.unsafe.setJITPolicy(1);
  });
  return stop;
}
