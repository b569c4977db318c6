import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';

/** A response that can be sent again. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Entry {
  /** Identifies the params of the request. */
  readonly fingerprint: string;
  readonly response: Promise<StoredResponse>;
  /** By the clock that never jumps. */
  readonly expiresAt: number;
}

const lifetimeMs = 24 * 3600 * 1000;
const maxKeysPerCaller = 1000;
const maxCallers = 1000;

/**
 * The responses to creations, by the Idempotency-Key of the request (draft-ietf-httpapi-idempotency-key-header): a
 * request that is sent again because its response was lost creates nothing twice. They are kept in memory for a day, at
 * most a thousand for each caller.
 */
export class IdempotentResponses {
  /** In the order in which callers last sent a key. */
  readonly #callers = new Map<string, Map<string, Entry>>();

  constructor(private readonly clock: Clock) {}

  /**
   * Runs at most once for each key. A second request that comes while the first one runs waits for its response. A run
   * that fails created nothing, so the key may be used again.
   * @throws SfuError idempotency_mismatch, and what `run` throws
   */
  async once(
    request: { caller: string; key: string; fingerprint: string },
    run: () => Promise<StoredResponse>,
  ): Promise<StoredResponse> {
    const { caller, key, fingerprint } = request;
    const entries = this.#entriesOf(caller);
    const earlier = entries.get(key);
    if (earlier) {
      if (earlier.fingerprint !== fingerprint) throw mismatch();
      const response = await earlier.response;
      return { ...response, headers: { ...response.headers, 'idempotent-replayed': 'true' } };
    }
    const response = run();
    const entry = { fingerprint, response, expiresAt: this.clock.elapsed() + lifetimeMs };
    entries.set(key, entry);
    try {
      return await response;
    } catch (error) {
      if (entries.get(key) === entry) entries.delete(key);
      throw error;
    }
  }

  /** The entries of a caller, the oldest first, with room for one more. Expired ones are deleted. */
  #entriesOf(caller: string): Map<string, Entry> {
    const entries = this.#callers.get(caller) ?? new Map<string, Entry>();
    this.#callers.delete(caller);
    this.#callers.set(caller, entries);
    const [quietest] = this.#callers.keys();
    if (this.#callers.size > maxCallers && quietest !== undefined) this.#callers.delete(quietest);
    const now = this.clock.elapsed();
    for (const [key, { expiresAt }] of entries) {
      if (expiresAt > now && entries.size < maxKeysPerCaller) break;
      entries.delete(key);
    }
    return entries;
  }
}

/** Reads the header Idempotency-Key, with or without the quotes of the draft. @throws SfuError invalid_params */
export function readIdempotencyKey(header: string): string {
  const key = header.trim().replace(/^"(.*)"$/, '$1');
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new SfuError('invalid_params', 'Idempotency-Key: must have 1 to 255 printable ASCII characters');
}

function mismatch(): SfuError {
  return new SfuError(
    'idempotency_mismatch',
    'this Idempotency-Key was used before with another request; use a new key for each object to create',
  );
}
