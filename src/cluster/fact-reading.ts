import type { Clock } from '../core/clock.ts';
import { type Fact, type FactKind, type FactRef, winsOver } from '../store/fact.ts';
import type { Facts } from '../store/facts.ts';
import { type Bucket, BucketAway, type Kept } from './bucket.ts';
import { entryOf, keyOf, meshKey, readFact, readMeshId } from './fact-entries.ts';

/** Why this node cannot share facts with the others until somebody does something about it. */
export class FactsRefused extends Error {
  override readonly name = 'FactsRefused';
}

const importHint = 'stop this node, run "tureen mesh import" and start it again';
const maxNamed = 10;

/** The id of the mesh that a bucket is of; the first node makes it. @throws FactsRefused, BucketAway */
export async function meshIdOf(bucket: Bucket, own: string | null): Promise<string> {
  const kept = await bucket.get(meshKey);
  const found = kept && readMeshId(kept);
  if (kept && found === undefined)
    throw new FactsRefused(
      'the bucket "tureen-facts" of the bus does not say which mesh it is of; another program writes into it',
    );
  if (own !== null && found === undefined)
    throw new FactsRefused(
      `the bus has lost the bans, users and API keys of this node's mesh, or it is another bus: see TUREEN_BUS_URL and TUREEN_BUS_DOMAIN. To begin again with those of this node, ${importHint}`,
    );
  if (own !== null && found !== own)
    throw new FactsRefused(
      `this node belongs to the mesh ${own} and the bus to ${found}: see TUREEN_BUS_URL and TUREEN_BUS_DOMAIN. To bring the bans, users and API keys of this node into that mesh, ${importHint}`,
    );
  if (found !== undefined) return found;
  const id = crypto.randomUUID();
  // Of two nodes that begin together one is first.
  return (await bucket.put(meshKey, entryOf({ id }), 0)) ? id : await meshIdOf(bucket, own);
}

/** What a bucket has, and then its changes: those that come while the first are taken are taken after them. */
export class BucketReading {
  readonly #entries: Kept[] = [];
  readonly #current = Promise.withResolvers<void>();
  #isSettled = false;
  #progress = 0;
  #stop: () => void = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly listeners: { readonly changed: (entry: Kept) => void; readonly failed: () => void },
  ) {
    // It may fail before anybody waits for it.
    this.#current.promise.catch(() => {});
  }

  /** Resolves when all that is there has come. @throws BucketAway also when nothing more comes for two seconds */
  async begin(bucket: Bucket): Promise<void> {
    const { changed, failed } = this.listeners;
    this.#stop = await bucket.watch({
      kept: (entry) => {
        this.#progress += 1;
        if (this.#isSettled) changed(entry);
        else this.#entries.push(entry);
      },
      current: () => this.#current.resolve(),
      failed: () => {
        this.#current.reject(new BucketAway('the bucket could not be read to its end'));
        failed();
      },
    });
    let cancel = () => {};
    const watch = (seen: number) => {
      cancel = this.clock.after(2000, () => {
        if (this.#progress > seen) watch(this.#progress);
        else this.#current.reject(new BucketAway('the bucket is silent'));
      });
    };
    watch(this.#progress);
    try {
      await this.#current.promise;
    } finally {
      cancel();
    }
  }

  /** What was there. */
  get entries(): readonly Kept[] {
    return this.#entries;
  }

  /** Hands over what came meanwhile, without letting the event loop wait. */
  async settle(take: (entry: Kept) => void): Promise<void> {
    for (let index = 0; index < this.#entries.length; index += 1) {
      take(this.#entries[index] as Kept);
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isSettled = true;
    this.#entries.length = 0;
  }

  stop(): void {
    this.#stop();
  }
}

/**
 * Makes a database ready to take over what a mesh has that it was not part of. What it has itself is lost nowhere: users
 * and keys that the mesh deleted before it came stay. @throws FactsRefused that names users and keys of the same names
 */
export function prepareToJoin(facts: Facts, entries: readonly Kept[]): void {
  const conflicts: Fact[] = [];
  for (const entry of entries) {
    const theirs = readFact(entry);
    if (theirs?.kind !== 'user' && theirs?.kind !== 'key') continue;
    const ours = facts.get(theirs);
    if (!ours || ours.body === null || JSON.stringify(ours.body) === JSON.stringify(theirs.body)) continue;
    if (theirs.body === null) {
      if (!winsOver(ours, theirs)) facts.restamp(ours);
    } else if (facts.membership.isImporting) facts.giveWay(ours);
    else conflicts.push(ours);
  }
  if (conflicts.length > 0) throw new FactsRefused(conflictText(conflicts));
}

function conflictText(conflicts: readonly Fact[]): string {
  const named = conflicts
    .slice(0, maxNamed)
    .map(({ kind, name }) => `${kind === 'user' ? 'the user' : 'the API key'} "${name}"`);
  const more = conflicts.length - named.length;
  return `the mesh has others of the same names as this node: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Remove them here, or ${importHint}: then those of the mesh take their place`;
}

const deletable: readonly FactKind[] = ['user', 'key'];

/** What was deleted so long ago that nobody remembers it, while this node was away. */
export function forgottenMeanwhile(facts: Facts, entries: readonly Kept[]): FactRef[] {
  const kept = new Set(entries.map(({ key }) => key));
  return deletable
    .flatMap((kind) => facts.refs(kind))
    .filter((ref) => !kept.has(keyOf(ref)) && !facts.outbox.has(ref));
}
