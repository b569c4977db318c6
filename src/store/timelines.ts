import type { Database } from 'bun:sqlite';
import type { Logger } from '../core/log.ts';
import type { PeerCourse } from '../core/peer-course.ts';
import {
  conditionsOf,
  insertLine,
  lineOf,
  type NewLine,
  type Row,
  type TimelineLine,
  type TimelineSearch,
} from './timeline-lines.ts';
import { openTimelines } from './timelines-file.ts';

export interface TimelinesOptions {
  /** Folder of its file; in memory without one. */
  readonly folder?: string;
  /** How long lines are kept, in hours; 0 keeps none. */
  readonly hours: number;
  readonly log: Logger;
  readonly now: () => number;
  /** How much of the disk, or of the memory, it may take; for tests. */
  readonly maxBytes?: number;
}

const mostRows = 400_000;
/** Lines are written together, this often. */
const flushIntervalMs = 1000;
/** As many as a transaction writes: more would hold up calls. The oldest go in the same portions, twice as many at most. */
const batch = 500;
/** Lines that may wait for a disk that does not take them; what comes then is lost. */
const mostPending = 5000;
const logIntervalMs = 60_000;
const hourMs = 3_600_000;

/**
 * What happened, for so many hours: yesterday's call can be looked at. It has a file of its own, for it is written all
 * the time and its loss would cost little: a full disk or a damaged file here makes no node unready, and nothing waits
 * for it to be on the disk.
 */
export class Timelines implements Disposable {
  /** Lines that were not kept since the start, because the disk did not take them. */
  lost = 0;
  readonly #database: Database | undefined;
  readonly #mostPages: number;
  #pending: (readonly [time: number, line: NewLine])[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastTime = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: TimelinesOptions) {
    const opened = options.hours === 0 ? undefined : openTimelines(options);
    this.#database = opened?.database;
    this.#mostPages = opened
      ? Math.floor((options.maxBytes ?? opened.mostBytes) / pragma(opened.database, 'page_size'))
      : 0;
    // What was kept is in the order of time, also when the clock was set back.
    this.#lastTime = this.#one('SELECT max(time) AS value FROM lines') ?? 0;
  }

  /** Since when lines are there; undefined while there are none. */
  get since(): number | undefined {
    return this.#one('SELECT min(time) AS value FROM lines') ?? undefined;
  }

  /** How long lines are kept, in hours; 0 when none are. */
  get hours(): number {
    return this.options.hours;
  }

  /** Keeps a line. It is written within a second, or lost when the disk takes nothing for long. */
  add(line: NewLine): void {
    if (!this.#database) return;
    if (this.#pending.length >= mostPending) {
      this.lost += 1;
      return;
    }
    this.#lastTime = Math.max(this.#lastTime, this.options.now());
    this.#pending.push([this.#lastTime, line]);
    this.#timer ??= setTimeout(() => this.#flushSoon(), flushIntervalMs);
  }

  /** The newest first. Reads what waits to be written as well. */
  search(search: TimelineSearch): TimelineLine[] {
    if (!this.#database) return [];
    this.#flushAll();
    const { where, values } = conditionsOf(search);
    const first = search.from === undefined ? 0 : (this.#firstAt(search.from) ?? Number.MAX_SAFE_INTEGER);
    const last = search.until === undefined ? undefined : this.#firstAt(search.until);
    const end = Math.min(search.before ?? Number.MAX_SAFE_INTEGER, last ?? Number.MAX_SAFE_INTEGER);
    const rows = this.#database
      .query<Row, (string | number)[]>(
        `SELECT * FROM lines WHERE id >= ? AND id < ? ${where.join(' ')} ORDER BY id DESC LIMIT ?`,
      )
      .all(first, end, ...values, search.limit);
    return rows.map(lineOf);
  }

  /** How the last stay of a peer went that has ended, and when that was. */
  courseOf(
    roomId: string,
    peerId: string,
  ): { readonly course: PeerCourse; readonly time: number } | undefined {
    this.#flushAll();
    const row = this.#database
      ?.query<Pick<Row, 'course' | 'time'>, [string, string]>(
        'SELECT course, time FROM lines WHERE peer_id = ? AND room_id = ? AND course IS NOT NULL ORDER BY id DESC LIMIT 1',
      )
      .get(peerId, roomId);
    return row?.course ? { course: JSON.parse(row.course) as PeerCourse, time: row.time } : undefined;
  }

  /** Writes what is pending, and nothing after that. */
  close(): void {
    clearTimeout(this.#timer);
    this.#flushAll();
    this.#database?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The id of the first line at or after a time. */
  #firstAt(time: number): number | undefined {
    return this.#one('SELECT id AS value FROM lines WHERE time >= ? ORDER BY time, id LIMIT 1', time);
  }

  #one(sql: string, ...values: number[]): number | undefined {
    return this.#database?.query<{ value: number | null }, number[]>(sql).get(...values)?.value ?? undefined;
  }

  /** Writes all that is pending, unless the disk takes nothing. */
  #flushAll(): void {
    while (this.#pending.length > 0 && this.#flush());
  }

  #flushSoon(): void {
    const isWritten = this.#flush();
    const wait = isWritten && this.#pending.length > 0 ? 0 : flushIntervalMs;
    this.#timer = this.#pending.length > 0 ? setTimeout(() => this.#flushSoon(), wait) : undefined;
  }

  /** Writes one batch, and deletes as much of what is too old or too much. @returns whether the disk took it */
  #flush(): boolean {
    const database = this.#database;
    if (!database) return false;
    const lines = this.#pending.slice(0, batch);
    try {
      database
        .transaction(() => {
          this.#prune(database);
          for (const [time, line] of lines) insertLine(database, time, line);
        })
        .immediate();
    } catch (error) {
      this.#logFailure(error);
      return false;
    }
    this.#pending = this.#pending.slice(lines.length);
    return true;
  }

  #prune(database: Database): void {
    const oldest = database
      .query<{ id: number; time: number }, []>('SELECT id, time FROM lines ORDER BY id LIMIT 1')
      .get();
    if (!oldest) return;
    const horizon = this.options.now() - this.options.hours * hourMs;
    const newest = this.#one('SELECT max(id) AS value FROM lines') ?? 0;
    // Pages that have something in them.
    const pages = pragma(database, 'page_count') - pragma(database, 'freelist_count');
    const tooMany = newest - oldest.id >= mostRows - batch || pages >= this.#mostPages;
    if (!tooMany && oldest.time >= horizon) return;
    const before = tooMany ? Number.MAX_SAFE_INTEGER : horizon;
    database.query('DELETE FROM lines WHERE id < ? AND time < ?').run(oldest.id + 2 * batch, before);
  }

  #logFailure(error: unknown): void {
    if (performance.now() - this.#loggedAt < logIntervalMs) return;
    this.#loggedAt = performance.now();
    const fields = { waiting: this.#pending.length, lost: this.lost, error };
    this.options.log.warn('what happens cannot be written to the timelines; calls are not affected', fields);
  }
}

function pragma(database: Database, name: string): number {
  return database.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
}
