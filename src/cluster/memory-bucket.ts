import { type Bucket, BucketAway, type Kept, type Watching } from './bucket.ts';

/** The values of a hub. */
export class MemoryValues {
  readonly values = new Map<string, Kept>();
  readonly watching = new Set<{ readonly watching: Watching; readonly isReached: () => boolean }>();
  #revision = 0;

  put(key: string, value: Uint8Array): void {
    this.#revision += 1;
    const kept = { key, value, revision: this.#revision };
    this.values.set(key, kept);
    for (const { watching, isReached } of this.watching) {
      if (isReached()) queueMicrotask(() => watching.kept(kept));
    }
  }
}

/** The bucket of one user of a hub. */
export class MemoryBucket implements Bucket {
  constructor(
    private readonly of: MemoryValues,
    private readonly isReached: () => boolean,
  ) {}

  async get(key: string): Promise<Kept | undefined> {
    await this.#reach();
    return this.of.values.get(key);
  }

  async put(key: string, value: Uint8Array, revision: number): Promise<boolean> {
    await this.#reach();
    if ((this.of.values.get(key)?.revision ?? 0) !== revision) return false;
    this.of.put(key, value);
    return true;
  }

  async remove(key: string, revision: number): Promise<void> {
    await this.#reach();
    if (this.of.values.get(key)?.revision === revision) this.of.values.delete(key);
  }

  async watch(watching: Watching): Promise<() => void> {
    await this.#reach();
    const watcher = { watching, isReached: this.isReached };
    this.of.watching.add(watcher);
    for (const kept of this.of.values.values()) watching.kept(kept);
    watching.current();
    return () => this.of.watching.delete(watcher);
  }

  /** As over a network, what is asked now is answered later. */
  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.isReached()) throw new BucketAway('the hub is not reached');
  }
}
