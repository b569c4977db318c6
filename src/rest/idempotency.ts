import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';

/** An answer as it can be given again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Kept {
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
  readonly expiresAt: number;
}

const lifetime = 24 * 3600 * 1000;
const mostOfCaller = 1000;
const mostCallers = 1000;

/**
 * Answers to creations by the keys that callers gave them (draft-ietf-httpapi-idempotency-key-header): a request that
 * is sent again because its answer was lost creates nothing twice. They are kept for a day and at most a thousand for
 * each caller, in memory.
 */
export class IdempotentAnswers {
  readonly #callers = new Map<string, Map<string, Kept>>();

  constructor(private readonly clock: Clock) {}

  /**
   * Runs at most once for each key. A second request that comes while the first runs waits for its answer. What fails
   * has created nothing, and is run again.
   * @throws SfuError idempotency_mismatch, and what `run` throws
   */
  async once(
    request: { caller: string; key: string; fingerprint: string },
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    const { caller, key, fingerprint } = request;
    const kept = this.#keptOf(caller);
    const former = kept.get(key);
    if (former) {
      if (former.fingerprint !== fingerprint) throw mismatch();
      const answer = await former.answer;
      return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } };
    }
    const answer = run();
    const entry = { fingerprint, answer, expiresAt: this.clock.now() + lifetime };
    kept.set(key, entry);
    try {
      return await answer;
    } catch (error) {
      if (kept.get(key) === entry) kept.delete(key);
      throw error;
    }
  }

  /** Those of one caller, without the ones that are too old or too many. They are in the order of their coming. */
  #keptOf(caller: string): Map<string, Kept> {
    const kept = this.#callers.get(caller) ?? new Map<string, Kept>();
    this.#callers.delete(caller);
    this.#callers.set(caller, kept);
    const [quietest] = this.#callers.keys();
    if (this.#callers.size > mostCallers && quietest !== undefined) this.#callers.delete(quietest);
    const now = this.clock.now();
    for (const [key, { expiresAt }] of kept) {
      if (expiresAt > now && kept.size < mostOfCaller) break;
      kept.delete(key);
    }
    return kept;
  }
}

/** Reads the header, which the draft writes in quotes. @throws SfuError invalid_params */
export function readIdempotencyKey(header: string): string {
  const key = header.trim().replace(/^"(.*)"$/, '$1');
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new SfuError('invalid_params', 'Idempotency-Key: wants 1 to 255 characters of ASCII');
}

function mismatch(): SfuError {
  return new SfuError(
    'idempotency_mismatch',
    'this Idempotency-Key came before with another request; take a new key for each thing to create',
  );
}
