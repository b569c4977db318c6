import type { SfuBus } from '../sfu/events.ts';

/**
 * How many times more often than by default a function is called before it is compiled, until the first room: what a
 * start runs, and what an idle server does, is not worth the time and the 7 MB that compiling it takes.
 */
export const startingJitPolicy = 100;

/** Has the engine compile as by default once there is a room. */
export function compileFromFirstRoom(events: SfuBus): void {
  const stop = events.on('roomOpened', () => {
    stop();
    Bun.unsafe.setJITPolicy(1);
  });
}
