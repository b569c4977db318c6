import type { Connection } from './connection.ts';

interface Row {
  mesh_id: string | null;
  current_at: number | null;
  importing: number;
}

/** Which mesh this database belongs to, and since when it may lack what others decided. */
export class MeshMembership {
  #row: Row;

  constructor(private readonly database: Connection) {
    const row = database.query<Row, []>('SELECT mesh_id, current_at, importing FROM mesh WHERE id = 1').get();
    if (!row) throw new Error('the database has lost its table "mesh"; restore it from a copy');
    this.#row = row;
  }

  /** Null before it has joined one. */
  get meshId(): string | null {
    return this.#row.mesh_id;
  }

  /** Until when everything is known, in milliseconds since the epoch; null before the first time. */
  get currentAt(): number | null {
    return this.#row.current_at;
  }

  /** Whether users and keys of this node give way to those of the mesh that have the same names. */
  get isImporting(): boolean {
    return this.#row.importing === 1;
  }

  joined(meshId: string, now: number): void {
    this.#write({ mesh_id: meshId, current_at: now, importing: 0 });
  }

  current(now: number): void {
    // An import may have begun in another process.
    this.database.query('UPDATE mesh SET current_at = ? WHERE id = 1 AND mesh_id = ?').run(now, this.meshId);
    this.#row = { ...this.#row, current_at: now };
  }

  /** It belongs to no mesh now, and the next one that it finds takes it over. */
  startImport(): void {
    this.#write({ mesh_id: null, current_at: null, importing: 1 });
  }

  #write(row: Row): void {
    const { mesh_id, current_at, importing } = row;
    this.database
      .query('UPDATE mesh SET mesh_id = ?, current_at = ?, importing = ? WHERE id = 1')
      .run(mesh_id, current_at, importing);
    this.#row = row;
  }
}
