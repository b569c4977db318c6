import { type Backoff, backoffDelay, wait } from './backoff.ts';

export interface RetryOptions {
  readonly backoff: Backoff;
  /** Milliseconds after which the next error is thrown. */
  readonly timeoutMs: number;
  readonly isRetryable: (error: unknown) => boolean;
  /** Whether to retry without a delay, because the cause of the failure is known and over. */
  readonly skipDelay: () => boolean;
}

/** Repeats an attempt until it succeeds. @throws the error of the last attempt */
export async function retry(attempt: () => Promise<void>, options: RetryOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!options.isRetryable(error) || performance.now() > deadline) throw error;
      if (!options.skipDelay()) await wait(backoffDelay(options.backoff, count));
    }
  }
}
