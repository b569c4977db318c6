import type { Connection } from './connection.ts';

export interface Beginning {
  /** Of this database, for good. */
  readonly installation: string;
  /** The life before this one; null for the first. */
  readonly formerLife: string | null;
}

/** The identity of the node among others. In memory it is another one after each start. */
export class Installation {
  constructor(private readonly database: Connection) {}

  get id(): string {
    return this.#read().installation;
  }

  /** Keeps that a life begins. @throws SfuError storage_unavailable */
  begin(life: string): Beginning {
    const beginning = this.#read();
    this.database.query('UPDATE installation SET life = ? WHERE id = 1').run(life);
    return beginning;
  }

  #read(): Beginning {
    const row = this.database
      .query<Beginning, []>('SELECT installation, life AS formerLife FROM installation WHERE id = 1')
      .get();
    if (!row) throw new Error('the database has lost its installation; restore it from a copy');
    return row;
  }
}
