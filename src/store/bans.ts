import { SfuError } from '../core/errors.ts';
import { networksAround, readNetwork } from '../core/networks.ts';
import type { AuditActor } from './audit.ts';
import type { BanKind } from './ban-kinds.ts';
import type { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import type { FactBodies, FactRef, FactTable } from './fact.ts';
import type { Facts } from './facts.ts';

export interface NewBan {
  readonly kind: BanKind;
  readonly value: string;
  /** The room that it is for; null for the whole server. */
  readonly roomId: string | null;
  readonly reason: string;
  readonly by: AuditActor;
  /** Milliseconds since the epoch; null for a permanent ban. */
  readonly expiresAt: number | null;
}

export interface Ban extends NewBan {
  /** UUIDv7, made by the node that added it. */
  readonly id: string;
  readonly createdAt: number;
  readonly liftedAt: number | null;
}

export interface BanSearch {
  /** Text to find in value, room, reason or actor. */
  readonly text?: string;
  /** Only bans older than the one with this id. */
  readonly before?: string;
  readonly limit: number;
  /** Only bans that are in force; by default also those that have ended. */
  readonly onlyActive?: boolean;
}

/** What is known of a client that enters a room. Times are milliseconds since the epoch. */
export interface Entrant {
  readonly roomId: string;
  readonly subject: string;
  readonly tokenId?: string;
  readonly issuedAt?: number;
  readonly address: string;
}

/** Whose tokens become void, and when the one was issued that is known. */
export interface Removed {
  readonly roomId: string;
  readonly subject: string;
  readonly issuedAt: number;
}

interface Row {
  id: string;
  kind: BanKind;
  value: string;
  room_id: string | null;
  reason: string;
  by_kind: string;
  by_id: string;
  created_at: number;
  expires_at: number | null;
  lifted_at: number | null;
}

export interface BansOptions {
  readonly database: Connection;
  readonly now: () => number;
  /** Takes what cannot be written now. */
  readonly later: BatchedWrites;
  readonly facts: Facts;
}

/** Bans, and the times until which the tokens of removed subjects are void. */
export class Bans {
  /** By room and subject: until when their tokens are void, where that is not stored yet. */
  readonly #unstored = new Map<string, number>();
  private readonly database: Connection;
  private readonly now: () => number;
  private readonly later: BatchedWrites;
  private readonly facts: Facts;

  constructor({ database, now, later, facts }: BansOptions) {
    this.database = database;
    this.now = now;
    this.later = later;
    this.facts = facts;
  }

  /** @throws SfuError invalid_params when an address to ban is not valid */
  add(newBan: NewBan): Ban {
    const createdAt = this.now();
    const id = Bun.randomUUIDv7('hex', createdAt);
    const ban = { ...readBan(newBan), id, createdAt, liftedAt: null };
    this.database.transaction(() => {
      this.#write(ban);
      this.facts.decided({ kind: 'ban', name: id, scope: '' });
    });
    return ban;
  }

  /** @param id also the number that a ban had before ids were UUIDs */
  get(id: string): Ban | undefined {
    const row = this.database
      .query<Row, [string, number | null]>('SELECT * FROM bans WHERE id = ? OR number = ?')
      .get(id, numberOf(id));
    return row ? readRow(row) : undefined;
  }

  /** Ends a ban before its time. @returns whether it was in force */
  lift(id: string): boolean {
    const now = this.now();
    const ban = this.get(id);
    if (!ban || ban.liftedAt !== null || (ban.expiresAt !== null && ban.expiresAt <= now)) return false;
    this.database.transaction(() => {
      this.database.query('UPDATE bans SET lifted_at = ? WHERE id = ?').run(now, ban.id);
      this.facts.decided({ kind: 'ban', name: ban.id, scope: '' });
    });
    return true;
  }

  /** The ban in force that matches an entrant; if there are several, the one that lasts longest. */
  findActive({ roomId, subject, tokenId, address }: Entrant): Ban | undefined {
    const row = this.database
      .query<Row, [string, string | null, string, string, number]>(
        `SELECT * FROM bans WHERE lifted_at IS NULL AND (expires_at IS NULL OR expires_at > ?5)
         AND (room_id IS NULL OR room_id = ?4)
         AND ((kind = 'identity' AND value = ?1) OR (kind = 'token' AND value = ?2) OR (kind = 'address' AND value IN (SELECT value FROM json_each(?3))))
         ORDER BY expires_at IS NULL DESC, expires_at DESC LIMIT 1`,
      )
      .get(
        subject,
        tokenId ?? null,
        JSON.stringify([address, ...networksAround(address)]),
        roomId,
        this.now(),
      );
    return row ? readRow(row) : undefined;
  }

  /** Makes the tokens of a subject for a room void that were issued until now, or until `issuedAt` if that is later. */
  voidTokens(removed: Removed): void {
    this.#voidUntil(removed, this.#endOf(removed));
  }

  /** Like `voidTokens` while that cannot be stored: it holds from now on, and is written when that is possible. */
  voidTokensUnstored(removed: Removed): void {
    if (this.later.isFull) return;
    const key = JSON.stringify([removed.roomId, removed.subject]);
    const until = this.#endOf(removed);
    this.#unstored.set(key, until);
    const written = this.later.write(() => this.#voidUntil(removed, until));
    void written.then(() => {
      if (this.#unstored.get(key) === until) this.#unstored.delete(key);
    });
  }

  /** The clock that issued the token may be ahead of that of the nodes. */
  #endOf({ issuedAt }: Removed): number {
    return Math.max(this.facts.clock.latest, issuedAt);
  }

  #voidUntil({ roomId, subject }: Removed, until: number): void {
    this.database.transaction(() => {
      const known = this.removals.readFact({ kind: 'removal', name: subject, scope: roomId });
      // Nodes agree on the greatest: one that became smaller would come back.
      this.#writeRemoval(roomId, subject, Math.max(known?.until ?? 0, until));
      this.facts.decided({ kind: 'removal', name: subject, scope: roomId });
    });
  }

  #writeRemoval(roomId: string, subject: string, until: number): void {
    this.database
      .query('INSERT OR REPLACE INTO removals (room_id, peer_id, removed_at) VALUES (?, ?, ?)')
      .run(roomId, subject, until);
  }

  #write({ id, kind, value, roomId, reason, by, createdAt, expiresAt, liftedAt }: Ban): void {
    this.database
      .query(
        `INSERT INTO bans (id, kind, value, room_id, reason, by_kind, by_id, created_at, expires_at, lifted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET kind = ?2, value = ?3, room_id = ?4, reason = ?5, by_kind = ?6, by_id = ?7,
           created_at = ?8, expires_at = ?9, lifted_at = ?10`,
      )
      .run(id, kind, value, roomId, reason, by.kind, by.id, createdAt, expiresAt, liftedAt);
  }

  /** Bans as facts. They are lifted, and never deleted. */
  readonly bans: FactTable<'ban'> = {
    readFact: ({ name }) => {
      const row = this.database.query<Row, [string]>('SELECT * FROM bans WHERE id = ?').get(name);
      if (!row) return null;
      const { id: _, ...body } = readRow(row);
      return body;
    },
    writeFact: ({ name: id }: FactRef, body: FactBodies['ban'] | null) => {
      if (body === null) return false;
      this.#write({ ...body, id });
      return true;
    },
  };

  /** Times until which tokens are void, as facts. They are never deleted. */
  readonly removals: FactTable<'removal'> = {
    readFact: ({ name, scope }) =>
      this.database
        .query<{ until: number }, [string, string]>(
          'SELECT removed_at AS until FROM removals WHERE room_id = ? AND peer_id = ?',
        )
        .get(scope, name),
    writeFact: ({ name, scope }, body) => {
      if (body === null) return false;
      this.#writeRemoval(scope, name, body.until);
      return true;
    },
  };

  /** Whether a token is void. A token without a time of issue counts as issued before the removal. */
  isVoid({ roomId, subject, issuedAt }: Entrant): boolean {
    const row = this.database
      .query<{ removed_at: number }, [string, string]>(
        'SELECT removed_at FROM removals WHERE room_id = ? AND peer_id = ?',
      )
      .get(roomId, subject);
    const unstored = this.#unstored.get(JSON.stringify([roomId, subject]));
    const until = Math.max(row?.removed_at ?? 0, unstored ?? 0);
    return until > 0 && (issuedAt === undefined || issuedAt <= until);
  }

  /** The bans that match, the newest first. */
  list({ text = '', limit, before, onlyActive = false }: BanSearch): Ban[] {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    return this.database
      .query<Row, [string, number, number, string, number]>(
        `SELECT * FROM bans WHERE (value LIKE ?1 ESCAPE '\\' OR room_id LIKE ?1 ESCAPE '\\' OR reason LIKE ?1 ESCAPE '\\' OR by_id LIKE ?1 ESCAPE '\\')
         AND (?2 = 0 OR (lifted_at IS NULL AND (expires_at IS NULL OR expires_at > ?3))) AND id < ?4 ORDER BY id DESC LIMIT ?5`,
      )
      .all(pattern, onlyActive ? 1 : 0, this.now(), before ?? afterEveryId, limit)
      .map(readRow);
  }
}

/** Ids are hexadecimal. */
const afterEveryId = 'g';

/** Ids were numbers once. */
function numberOf(id: string): number | null {
  return /^[1-9]\d{0,15}$/.test(id) ? Number(id) : null;
}

/** A ban in its one form. @throws SfuError invalid_params when an address to ban is not valid */
export function readBan<B extends NewBan>(ban: B): B {
  return ban.kind === 'address' ? { ...ban, value: networkOf(ban.value) } : ban;
}

/** Whether a ban of `readBan` matches an entrant, as `findActive` decides it for those that are stored. */
export function banMatches(
  { kind, value, roomId }: Pick<NewBan, 'kind' | 'value' | 'roomId'>,
  entrant: Entrant,
): boolean {
  if (roomId !== null && roomId !== entrant.roomId) return false;
  if (kind === 'identity') return value === entrant.subject;
  if (kind === 'token') return value === entrant.tokenId;
  return value === entrant.address || networksAround(entrant.address).includes(value);
}

function networkOf(value: string): string {
  const network = readNetwork(value);
  if (network !== undefined) return network;
  throw new SfuError(
    'invalid_params',
    `value: must be an IP address or a range such as 198.51.100.0/24, got ${JSON.stringify(value.slice(0, 64))}`,
  );
}

function readRow(row: Row): Ban {
  const { id, kind, value, reason } = row;
  return {
    id,
    kind,
    value,
    reason,
    roomId: row.room_id,
    by: { kind: row.by_kind, id: row.by_id },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    liftedAt: row.lifted_at,
  };
}
