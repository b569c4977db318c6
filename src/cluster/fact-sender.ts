import { type Fact, type FactRef, winsOver } from '../store/fact.ts';
import type { Facts } from '../store/facts.ts';
import type { Bucket } from './bucket.ts';
import { entryOf, keyOf, readFact } from './fact-entries.ts';

const pageSize = 100;
/** How often a fact is tried when others write the same one at the same moment. */
const maxAttempts = 5;

/** Brings what was decided on this node into the bucket, unless something later is there. */
export class FactSender {
  #running: Promise<void> | undefined;
  #again = false;

  constructor(
    private readonly facts: Facts,
    private readonly bucket: Bucket,
  ) {}

  /** Sends all that waits; one run at a time. @throws BucketAway, SfuError storage_unavailable */
  async send(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      let after = 0;
      for (;;) {
        const page = this.facts.outbox.list(after, pageSize);
        for (const ref of page) await this.#sendOne(ref);
        after = page.at(-1)?.id ?? after;
        if (page.length < pageSize) break;
      }
    }
  }

  async #sendOne(ref: FactRef): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const key = keyOf(ref);
      const kept = await this.bucket.get(key);
      const ours = this.facts.get(ref);
      // It became this node's own affair, or was forgotten.
      if (!ours) return this.facts.outbox.remove(ref);
      const theirs = kept && readFact(kept);
      if (theirs && this.#isLater(theirs, ours)) {
        this.facts.take(theirs);
        return this.facts.sent(ours);
      }
      if (await this.bucket.put(key, entryOf(ours), kept?.revision ?? 0)) return this.facts.sent(ours);
    }
  }

  /** What nobody believes is not later. */
  #isLater(theirs: Fact, ours: Fact): boolean {
    return !this.facts.clock.isAhead(theirs.stamp) && !winsOver(ours, theirs);
  }
}
