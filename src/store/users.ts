import type { Connection } from './connection.ts';
import type { FactTable } from './fact.ts';
import type { Facts } from './facts.ts';
import type { Role } from './roles.ts';

export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  /** Created in the dashboard, by the configuration, or by the proxy in front, which authenticates its users. */
  readonly origin: 'page' | 'configuration' | 'proxy';
  readonly createdAt: number;
}

type Row = Omit<User, 'createdAt'> & { created_at: number; password_hash: string | null };

/** argon2id with Bun's defaults (64 MiB, 2 passes), which take about 130 ms off the main loop. */
export async function hashPassword(password: string): Promise<string> {
  return await Bun.password.hash(password, { algorithm: 'argon2id' });
}

/** The hash of a random password. It is checked for an unknown name, which then takes as long as a wrong password. */
let decoyHash: Promise<string> | undefined;
const decoy = () => {
  decoyHash ??= hashPassword(crypto.randomUUID());
  return decoyHash;
};

/** The users of the dashboard. */
export class Users {
  constructor(
    private readonly database: Connection,
    private readonly now: () => number,
    private readonly facts: Facts,
  ) {}

  get count(): number {
    return this.database.query<{ n: number }, []>('SELECT count(*) AS n FROM users').get()?.n ?? 0;
  }

  get(id: number): User | undefined {
    return this.#read(this.database.query<Row, [number]>('SELECT * FROM users WHERE id = ?').get(id));
  }

  byName(name: string): User | undefined {
    return this.#read(this.#rowOf(name));
  }

  list(): User[] {
    const rows = this.database.query<Row, []>('SELECT * FROM users ORDER BY name').all();
    return rows.flatMap((row) => this.#read(row) ?? []);
  }

  /**
   * Creates a user, or updates the one with that name. Those of the page are the same on every node. One of the
   * configuration is this node's own, and so is one of the proxy until somebody changes it.
   */
  put(user: { name: string; passwordHash: string | null; role: Role; origin: User['origin'] }): User {
    const { name, origin } = user;
    return this.database.transaction(() => {
      this.#write({ ...user, createdAt: this.now() });
      const stored = this.byName(name);
      if (!stored) throw new Error(`the user "${name}" was not written`);
      if (origin === 'page') this.facts.decided(refOf(stored));
      return stored;
    });
  }

  setRole(id: number, role: Role): void {
    this.#change(id, () => this.database.query('UPDATE users SET role = ? WHERE id = ?').run(role, id));
  }

  setPassword(id: number, passwordHash: string): void {
    this.#change(id, () =>
      this.database.query('UPDATE users SET password_hash = ? WHERE id = ?').run(passwordHash, id),
    );
  }

  remove(id: number): void {
    this.#change(id, () => this.database.query('DELETE FROM users WHERE id = ?').run(id));
  }

  /** The user with this name, if the password is right. An unknown name takes as long as a wrong password. */
  async check(name: string, password: string): Promise<User | undefined> {
    const row = this.#rowOf(name);
    const isRight = await Bun.password
      .verify(password, row?.password_hash ?? (await decoy()))
      .catch(() => false);
    return isRight && row?.password_hash ? this.#read(row) : undefined;
  }

  /** Users as facts. */
  readonly users: FactTable<'user'> = {
    readFact: ({ name }) => {
      const row = this.#rowOf(name);
      if (!row || row.origin === 'configuration') return null;
      const { password_hash: passwordHash, role, origin, created_at: createdAt } = row;
      return { name: row.name, passwordHash, role, origin, createdAt };
    },
    writeFact: ({ name }, body) => {
      if (this.#rowOf(name)?.origin === 'configuration') return false;
      if (body && userKey(body.name) !== name) return false;
      if (body === null) this.database.query('DELETE FROM users WHERE name = ?').run(name);
      else this.#write(body);
      return true;
    },
  };

  #change(id: number, write: () => void): void {
    this.database.transaction(() => {
      const user = this.get(id);
      write();
      if (user && user.origin !== 'configuration') this.facts.decided(refOf(user));
    });
  }

  #write(user: Omit<User, 'id'> & { readonly passwordHash: string | null }): void {
    const { name, passwordHash, role, origin, createdAt } = user;
    this.database
      .query(
        `INSERT INTO users (name, password_hash, role, origin, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET name = ?1, password_hash = ?2, role = ?3, origin = ?4`,
      )
      .run(name, passwordHash, role, origin, createdAt);
  }

  #rowOf(name: string): Row | null {
    return this.database.query<Row, [string]>('SELECT * FROM users WHERE name = ?').get(name);
  }

  #read(row: Row | null): User | undefined {
    if (!row) return undefined;
    const { id, name, role, origin } = row;
    return { id, name, role, origin, createdAt: row.created_at };
  }
}

/** As the database compares names: without regard to capitals of ASCII. */
export function userKey(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

function refOf({ name }: User) {
  return { kind: 'user', name: userKey(name), scope: '' } as const;
}
