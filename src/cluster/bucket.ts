/** What keeps values for nodes that come later, beside the bus: JetStream's key-value store. */

export interface Kept {
  readonly key: string;
  readonly value: Uint8Array;
  /** Grows with each change of any value. */
  readonly revision: number;
}

export interface Watching {
  /** A value as it is, and later each change. */
  readonly kept: (entry: Kept) => void;
  /** All that was there when the watch began has been handed over. */
  readonly current: () => void;
  /** It ended without having been stopped. */
  readonly failed: () => void;
}

/** The bucket cannot be used now: the bus is away, has no JetStream, or does not answer in time. */
export class BucketAway extends Error {
  override readonly name = 'BucketAway';
}

/** The bucket answers, and cannot keep what it is given: it is full. What it has can be read. */
export class BucketFull extends BucketAway {}

/** How long a request to the bucket takes at most. */
export const bucketTimeoutMs = 500;

/** Each method throws BucketAway, in bounded time. */
export interface Bucket {
  get(key: string): Promise<Kept | undefined>;
  /**
   * @param revision of the value that it replaces; 0 for none. @returns false when there is another one by now
   * @throws BucketFull
   */
  put(key: string, value: Uint8Array, revision: number): Promise<boolean>;
  /** Removes a value unless it was changed meanwhile. */
  remove(key: string, revision: number): Promise<void>;
  /** @returns a function that ends it */
  watch(watching: Watching): Promise<() => void>;
}
