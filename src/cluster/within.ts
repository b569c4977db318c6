import type { Clock } from '../core/clock.ts';

/** Waits for work, but not longer than so many milliseconds. @returns its result; undefined when time is up */
export async function within<T>(
  clock: Clock,
  milliseconds: number,
  work: Promise<T>,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(milliseconds, () => resolve(undefined));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
