import { type Backoff, backoffDelay, rest } from './backoff.ts';

export interface Persistence {
  readonly backoff: Backoff;
  /** Milliseconds after which the last error is given up to. */
  readonly patience: number;
  /** Whether trying again after this error makes sense. */
  readonly mayGoOn: (error: unknown) => boolean;
  /** Whether the next attempt needs no wait, for what made this one fail is known and over. */
  readonly atOnce: () => boolean;
}

/** Tries until it works. @throws the error of the last attempt */
export async function persist(attempt: () => Promise<void>, options: Persistence): Promise<void> {
  const deadline = performance.now() + options.patience;
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!options.mayGoOn(error) || performance.now() > deadline) throw error;
      if (!options.atOnce()) await rest(backoffDelay(options.backoff, count));
    }
  }
}
