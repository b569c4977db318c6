import type { Logger } from '../core/log.ts';
import type { Connection } from './connection.ts';
import { type Fact, type FactKind, type FactRef, type FactTable, type FactTables, winsOver } from './fact.ts';
import { FactOutbox } from './fact-outbox.ts';
import { HybridClock, maxAheadMs, type Stamp } from './hybrid-clock.ts';
import { MeshMembership } from './mesh-membership.ts';
import { isStorageError } from './storage-trouble.ts';

/** A fact that holds here from now on. */
export interface FactChange {
  readonly fact: Fact;
  /** Decided on this node, and not learned from another one. */
  readonly here: boolean;
}

/**
 * What became of a fact of another node: `taken`; `known` before, or something later is; `ahead` of the clock and
 * refused; `unstored` because the disk does not take it, so that it has to come again.
 */
export type Taken = 'taken' | 'known' | 'ahead' | 'unstored';

/** How long a node can be away and still learn what was deleted. */
export const tombstoneDays = 90;
const dayMs = 86_400_000;

interface Row extends Stamp {
  readonly deleted: number;
}

export interface FactsOptions {
  readonly database: Connection;
  /** The id of the installation, by which equal stamps are told apart. */
  readonly node: string;
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * When each fact was decided, and what the other nodes are still to be told. The facts themselves are in the tables that
 * the rest of the server reads.
 */
export class Facts {
  readonly clock: HybridClock;
  readonly outbox: FactOutbox;
  readonly membership: MeshMembership;
  /** Facts of other nodes that were refused since the start, because their stamps are ahead of the clock. */
  refused = 0;
  readonly #listeners = new Set<(changes: readonly FactChange[]) => void>();
  readonly #database: Connection;
  #decided: { readonly ref: FactRef; readonly stamp: Stamp }[] = [];
  #tables: FactTables | undefined;
  #closed = false;

  constructor(private readonly options: FactsOptions) {
    const { database, now, node } = options;
    this.#database = database;
    this.clock = new HybridClock(now, node);
    this.outbox = new FactOutbox(database);
    this.membership = new MeshMembership(database);
    const last = database
      .query<Row, []>('SELECT time, count, node, deleted FROM facts ORDER BY time DESC, count DESC LIMIT 1')
      .get();
    if (last) this.clock.saw(last);
  }

  /** The tables write facts as well as read them: they are made after this. */
  connect(tables: FactTables): void {
    this.#tables = tables;
  }

  /** Notifies of facts after they were written. @returns a function that ends the subscription */
  onChange(listener: (changes: readonly FactChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stamps what this node decided; to be called in the transaction that writes it. */
  decided(ref: FactRef): void {
    const stamp = this.clock.next();
    this.#keep(ref, stamp, this.#table(ref.kind).readFact(ref) === null);
    this.outbox.add(ref);
    if (this.#decided.length === 0) queueMicrotask(() => this.#tellDecided());
    this.#decided.push({ ref, stamp });
  }

  /** Takes a fact of another node unless something later is known. Of an unstored one all are told that it holds. */
  take(fact: Fact): Taken {
    if (this.clock.isAhead(fact.stamp)) {
      this.refused += 1;
      return 'ahead';
    }
    try {
      const known = this.get(fact);
      // What is ahead of the clock here was stamped while the clock was wrong, and wins over nothing.
      if (known && !this.clock.isAhead(known.stamp) && !winsOver(fact, known)) return 'known';
      this.clock.saw(fact.stamp);
      if (!this.#database.transaction(() => this.#write(fact))) return 'known';
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#tell([{ fact, here: false }]);
      return 'unstored';
    }
    this.#tell([{ fact, here: false }]);
    return 'taken';
  }

  /** @returns undefined when it is not known, or is this node's own affair */
  get(ref: FactRef): Fact | undefined {
    const { kind, name, scope } = ref;
    const row = this.#database
      .query<Row, [string, string, string]>(
        'SELECT time, count, node, deleted FROM facts WHERE kind = ? AND name = ? AND scope = ?',
      )
      .get(kind, name, scope);
    if (!row) return undefined;
    const { deleted, ...stamp } = row;
    const body = deleted === 1 ? null : this.#table(kind).readFact(ref);
    if (body === null && deleted === 0) return undefined;
    return { kind, name, scope, stamp, body } as Fact;
  }

  /** The others know it, unless it was changed meanwhile. */
  sent(fact: Fact): void {
    const { stamp } = this.get(fact) ?? {};
    if (stamp && (stamp.time !== fact.stamp.time || stamp.count !== fact.stamp.count)) return;
    this.outbox.remove(fact);
  }

  /** Stamps a fact as decided now. */
  restamp(ref: FactRef): void {
    this.#database.transaction(() => {
      const known = this.get(ref);
      if (!known) return;
      const { body, kind } = known;
      // A time that comes from the same clock is wrong too.
      if (body !== null && 'until' in body && body.until > this.clock.latest + maxAheadMs)
        this.#table(kind).writeFact(ref, { until: this.clock.latest } as never);
      this.decided(ref);
    });
  }

  /** What is stamped ahead of the clock: it was wrong then. */
  ahead(): FactRef[] {
    return this.#database
      .query<FactRef, [number]>('SELECT kind, name, scope FROM facts WHERE time > ?')
      .all(this.clock.time + maxAheadMs);
  }

  /** What the others are still to be told that was decided last. */
  latestWaiting(limit: number): Fact[] {
    return this.outbox.latest(limit).flatMap((ref) => this.get(ref) ?? []);
  }

  /** Forgets when a fact was decided here, so that another node's takes its place. */
  giveWay({ kind, name, scope }: FactRef): void {
    this.#database.transaction(() => {
      this.outbox.remove({ kind, name, scope });
      this.#database
        .query('DELETE FROM facts WHERE kind = ? AND name = ? AND scope = ?')
        .run(kind, name, scope);
    });
  }

  /** All refs of a kind that are not deleted. */
  refs<K extends FactKind>(kind: K): FactRef<K>[] {
    return this.#database
      .query<FactRef<K>, [string]>('SELECT kind, name, scope FROM facts WHERE kind = ? AND deleted = 0')
      .all(kind);
  }

  /** Lets this database join another mesh: all that it has is told there, and users and keys give way to those of the mesh. */
  startImport(): void {
    this.#database.transaction(() => {
      this.membership.startImport();
      this.outbox.addAll();
    });
  }

  /** Whether a deletion is so old that nobody has to know of it any more. */
  isForgotten({ body, stamp }: Fact): boolean {
    return body === null && stamp.time < this.clock.time - tombstoneDays * dayMs;
  }

  /** Deletes tombstones that are old enough. */
  prune(): void {
    const before = this.clock.time - tombstoneDays * dayMs;
    const oldest = this.#database.query('SELECT 1 FROM facts WHERE deleted = 1 AND time < ? LIMIT 1');
    if (oldest.get(before) === null) return;
    this.#database.transaction(() => {
      const old = 'SELECT kind, name, scope FROM facts WHERE deleted = 1 AND time < ?';
      this.#database.query(`DELETE FROM fact_outbox WHERE (kind, name, scope) IN (${old})`).run(before);
      this.#database.query('DELETE FROM facts WHERE deleted = 1 AND time < ?').run(before);
    });
  }

  #write(fact: Fact): boolean {
    if (!this.#table(fact.kind).writeFact(fact, fact.body as never)) return false;
    this.#keep(fact, fact.stamp, fact.body === null);
    this.outbox.remove(fact);
    return true;
  }

  #keep({ kind, name, scope }: FactRef, { time, count, node }: Stamp, deleted: boolean): void {
    this.#database
      .query(
        'INSERT OR REPLACE INTO facts (kind, name, scope, time, count, node, deleted) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(kind, name, scope, time, count, node, deleted ? 1 : 0);
  }

  close(): void {
    this.#closed = true;
  }

  /** After the transaction. One that was rolled back has left nothing to tell. */
  #tellDecided(): void {
    const decided = this.#decided;
    this.#decided = [];
    if (this.#closed) return;
    const changes = decided.flatMap(({ ref, stamp }) => {
      const fact = this.get(ref);
      const holds = fact?.stamp.time === stamp.time && fact.stamp.count === stamp.count;
      return holds ? [{ fact, here: true }] : [];
    });
    if (changes.length > 0) this.#tell(changes);
  }

  #tell(changes: readonly FactChange[]): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(changes);
      } catch (error) {
        this.options.log.error('a change of bans, users or keys was not followed', { error });
      }
    }
  }

  #table<K extends FactKind>(kind: K): FactTable<K> {
    if (!this.#tables) throw new Error('facts are used before their tables are connected');
    return this.#tables[kind] as unknown as FactTable<K>;
  }
}
