import type { Connection } from './connection.ts';
import type { FactRef } from './fact.ts';

/** What the other nodes are still to be told, each thing once: at most as much as there is. */
export class FactOutbox {
  constructor(private readonly database: Connection) {}

  get size(): number {
    return this.database.query<{ n: number }, []>('SELECT count(*) AS n FROM fact_outbox').get()?.n ?? 0;
  }

  /** What came in after the entry with this id, the oldest first. */
  list(after: number, limit: number): (FactRef & { readonly id: number })[] {
    return this.database
      .query<FactRef & { id: number }, [number, number]>(
        'SELECT id, kind, name, scope FROM fact_outbox WHERE id > ? ORDER BY id LIMIT ?',
      )
      .all(after, limit);
  }

  latest(limit: number): FactRef[] {
    return this.database
      .query<FactRef, [number]>('SELECT kind, name, scope FROM fact_outbox ORDER BY id DESC LIMIT ?')
      .all(limit);
  }

  has({ kind, name, scope }: FactRef): boolean {
    const sql = 'SELECT 1 FROM fact_outbox WHERE kind = ? AND name = ? AND scope = ?';
    return this.database.query(sql).get(kind, name, scope) !== null;
  }

  add({ kind, name, scope }: FactRef): void {
    this.database
      .query('INSERT OR IGNORE INTO fact_outbox (kind, name, scope) VALUES (?, ?, ?)')
      .run(kind, name, scope);
  }

  addAll(): void {
    this.database
      .query('INSERT OR IGNORE INTO fact_outbox (kind, name, scope) SELECT kind, name, scope FROM facts')
      .run();
  }

  remove({ kind, name, scope }: FactRef): void {
    this.database
      .query('DELETE FROM fact_outbox WHERE kind = ? AND name = ? AND scope = ?')
      .run(kind, name, scope);
  }
}
