import type { Connection } from './connection.ts';
import type { FactBodies, FactRef, FactTable } from './fact.ts';
import type { Facts } from './facts.ts';
import type { Role } from './roles.ts';
import { hashSecret, newSecret } from './secrets.ts';

/** The API key of a program. Times are milliseconds since the epoch. */
export interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly usedAt: number | null;
}

interface Row {
  id: number;
  name: string;
  role: Role;
  created_at: number;
  used_at: number | null;
}

/** `usedAt` is written at most this often, not for every request. */
const usedIntervalMs = 60_000;

/** The API keys of programs. Only a hash of each secret is stored, so a secret is shown once, when its key is created. */
export class ApiKeys {
  constructor(
    private readonly database: Connection,
    private readonly now: () => number,
    private readonly facts: Facts,
  ) {}

  /** Creates a key. @returns its secret, which cannot be read again */
  create(name: string, role: Role): string {
    const secret = `tureen_${newSecret()}`;
    const key = { secretHash: hashSecret(secret), role, createdAt: this.now() };
    this.database.transaction(() => {
      this.#add(name, key);
      this.facts.decided(refOf(name));
    });
    return secret;
  }

  has(name: string): boolean {
    return this.list().some((key) => key.name === name);
  }

  /** Finds the key that has this secret and notes that it was used. */
  find(secret: string): ApiKey | undefined {
    const row = this.database
      .query<Row, [string]>('SELECT * FROM api_keys WHERE secret_hash = ?')
      .get(hashSecret(secret));
    if (!row) return undefined;
    const now = this.now();
    if (row.used_at === null || now - row.used_at > usedIntervalMs) {
      // The key is good also while that cannot be written.
      this.database.attempt(() =>
        this.database.query('UPDATE api_keys SET used_at = ? WHERE id = ?').run(now, row.id),
      );
    }
    return readRow(row);
  }

  list(): ApiKey[] {
    return this.database.query<Row, []>('SELECT * FROM api_keys ORDER BY name').all().map(readRow);
  }

  revoke(id: number): void {
    this.database.transaction(() => {
      const key = this.database.query<Row, [number]>('SELECT * FROM api_keys WHERE id = ?').get(id);
      if (!key) return;
      this.database.query('DELETE FROM api_keys WHERE id = ?').run(id);
      this.facts.decided(refOf(key.name));
    });
  }

  /** Keys as facts: the same on every node, but for when they were last used. */
  readonly keys: FactTable<'key'> = {
    readFact: ({ name }) =>
      this.database
        .query<FactBodies['key'], [string]>(
          'SELECT secret_hash AS secretHash, role, created_at AS createdAt FROM api_keys WHERE name = ?',
        )
        .get(name),
    writeFact: ({ name }, body) => {
      // A secret belongs to one key: a copied database may have had it under another name.
      this.database
        .query('DELETE FROM api_keys WHERE name = ? OR secret_hash = ?')
        .run(name, body?.secretHash ?? '');
      if (body) this.#add(name, body);
      return true;
    },
  };

  #add(name: string, { secretHash, role, createdAt }: FactBodies['key']): void {
    this.database
      .query('INSERT INTO api_keys (name, secret_hash, role, created_at) VALUES (?, ?, ?, ?)')
      .run(name, secretHash, role, createdAt);
  }
}

function refOf(name: string): FactRef<'key'> {
  return { kind: 'key', name, scope: '' };
}

function readRow({ id, name, role, created_at, used_at }: Row): ApiKey {
  return { id, name, role, createdAt: created_at, usedAt: used_at };
}
