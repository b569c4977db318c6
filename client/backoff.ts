/** How the time between attempts grows, in milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly most: number;
}

/** The wait before attempt `attempt` (from 0): it doubles, and half of it is chance, so that clients do not come in step. */
export function backoffDelay({ first, most }: Backoff, attempt: number, random = Math.random()): number {
  const full = Math.min(most, first * 2 ** attempt);
  return Math.round(full * (0.5 + random / 2));
}

/** Resolves after a while, or at once when the signal is aborted. */
export function rest(milliseconds: number, signal?: AbortSignal): Promise<void> {
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
