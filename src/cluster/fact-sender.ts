import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { type Fact, type FactRef, winsOver } from '../store/fact.ts';
import type { Facts } from '../store/facts.ts';
import { type Bucket, BucketFull } from './bucket.ts';
import { entryOf, keyOf, readFact } from './fact-entries.ts';

export interface FactSenderOptions {
  readonly facts: Facts;
  readonly bucket: Bucket;
  /** Called a while after the bucket had no room, to send again. */
  readonly again: () => void;
  readonly log: Logger;
  readonly clock: Clock;
}

const pageSize = 100;
/** How often a fact is tried when others write the same one at the same moment. */
const maxAttempts = 5;
/** When so many do not fit into the bucket, the others are not tried. One that replaces a longer one may fit. */
const maxRefused = 100;
const retryMs = 5000;

/** Brings what was decided on this node into the bucket, unless something later is there. */
export class FactSender {
  #running: Promise<void> | undefined;
  #again = false;
  #isFull = false;
  #closed = false;
  #cancelRetry: () => void = () => {};

  constructor(private readonly options: FactSenderOptions) {}

  /** Sends all that waits; one run at a time. @throws BucketAway, SfuError storage_unavailable */
  async send(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  async #run(): Promise<void> {
    this.#cancelRetry();
    while (this.#again) {
      this.#again = false;
      this.#report(await this.#sendAll());
    }
  }

  /** @returns why some of it could not be kept */
  async #sendAll(): Promise<BucketFull | undefined> {
    const { outbox } = this.options.facts;
    const refused: BucketFull[] = [];
    for (let after = 0; refused.length < maxRefused; ) {
      const page = outbox.list(after, pageSize);
      for (const ref of page) {
        const refusal = await this.#sendOne(ref);
        if (refusal) refused.push(refusal);
      }
      after = page.at(-1)?.id ?? after;
      if (page.length < pageSize) break;
    }
    return refused[0];
  }

  #report(refusal: BucketFull | undefined): void {
    const { log, clock, again, facts } = this.options;
    if (this.#closed) return;
    if (refusal) {
      this.#cancelRetry = clock.after(retryMs, again);
      if (!this.#isFull)
        log.warn(
          'JetStream does not keep what was decided here; nodes that come later learn it from this one',
          {
            why: refusal.message,
            waiting: facts.outbox.size,
          },
        );
    } else if (this.#isFull) log.info('JetStream keeps what was decided here again');
    this.#isFull = refusal !== undefined;
  }

  async #sendOne(ref: FactRef): Promise<BucketFull | undefined> {
    const { facts, bucket } = this.options;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const key = keyOf(ref);
      const kept = await bucket.get(key);
      const ours = facts.get(ref);
      // It became this node's own affair, or was forgotten.
      if (!ours) return void facts.outbox.remove(ref);
      const theirs = kept && readFact(kept);
      if (theirs && this.#isLater(theirs, ours)) {
        facts.take(theirs);
        return void facts.sent(ours);
      }
      try {
        if (await bucket.put(key, entryOf(ours), kept?.revision ?? 0)) return void facts.sent(ours);
      } catch (error) {
        if (error instanceof BucketFull) return error;
        throw error;
      }
    }
    return undefined;
  }

  /** What nobody believes is not later. */
  #isLater(theirs: Fact, ours: Fact): boolean {
    const { facts } = this.options;
    return !facts.clock.isAhead(theirs.stamp) && !winsOver(ours, theirs);
  }
}
