/** How the delay between attempts grows, in milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly max: number;
}

/** The delay before attempt `attempt` (from 0): it doubles, and half of it is random, so that clients spread out. */
export function backoffDelay({ first, max }: Backoff, attempt: number, random = Math.random()): number {
  const full = Math.min(max, first * 2 ** attempt);
  return Math.round(full * (0.5 + random / 2));
}

/** Resolves after that time, or at once when the signal is aborted. */
export function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Runs it after that time. @returns a function that calls it off */
export function afterTimeout(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
