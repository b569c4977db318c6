import type { Database } from 'bun:sqlite';
import type { PeerCourse } from '../core/peer-course.ts';

/** A line of what happened, without the ids that it does not concern. Texts are those of users. */
export interface NewLine {
  /** The event, such as `peerJoined`. */
  readonly event: string;
  readonly text: string;
  /** Whether it deserves a look. */
  readonly bad: boolean;
  readonly roomId?: string;
  readonly peerId?: string;
  readonly sessionId?: string;
  readonly displayName?: string;
  readonly address?: string;
  /** How a stay went, at its end. */
  readonly course?: PeerCourse;
  /** The other node where it happened, which has a line of its own; empty when it is not known which. */
  readonly nodeOf?: string;
}

/** A line as it is kept. Times are milliseconds since the epoch. */
export interface TimelineLine {
  readonly id: number;
  readonly time: number;
  readonly event: string;
  readonly text: string;
  readonly bad: boolean;
  readonly roomId: string | null;
  readonly peerId: string | null;
  readonly sessionId: string | null;
  readonly displayName: string;
  readonly address: string;
  readonly course: PeerCourse | null;
}

export interface TimelineSearch {
  readonly roomId?: string;
  /** A peer's id, or the beginning of its display name. */
  readonly peer?: string;
  readonly sessionId?: string;
  /** The address from which a peer's signaling came. */
  readonly address?: string;
  readonly from?: number;
  readonly until?: number;
  /** Only lines that deserve a look. */
  readonly bad?: boolean;
  /** Leaves out what happened on these nodes, and on others that are not known. */
  readonly exceptOf?: readonly string[];
  /** Only lines older than the one with this id. */
  readonly before?: number;
  readonly limit: number;
}

const longestText = 500;

/** A line in the database. */
export interface Row {
  id: number;
  time: number;
  event: string;
  text: string;
  bad: number;
  room_id: string | null;
  peer_id: string | null;
  session_id: string | null;
  display_name: string;
  address: string;
  course: string | null;
}

/** Writes a line. Its text is cut where it is too long. */
export function insertLine(database: Database, time: number, line: NewLine): void {
  const {
    event,
    text,
    bad,
    roomId,
    peerId,
    sessionId,
    displayName = '',
    address = '',
    course,
    nodeOf,
  } = line;
  const ids = [roomId ?? null, peerId ?? null, sessionId ?? null];
  database
    .query(
      `INSERT INTO lines (time, event, text, bad, room_id, peer_id, session_id, display_name, address, course, node_of)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      time,
      event,
      text.slice(0, longestText),
      bad ? 1 : 0,
      ...ids,
      displayName,
      address,
      course === undefined ? null : JSON.stringify(course),
      nodeOf ?? null,
    );
}

/** The conditions of a search that are not about time, and their values. */
export function conditionsOf({ roomId, peer, sessionId, address, bad, exceptOf }: TimelineSearch) {
  const where: string[] = [];
  const values: string[] = [];
  const add = (condition: string, ...given: string[]) => {
    where.push(`AND ${condition}`);
    values.push(...given);
  };
  if (roomId !== undefined) add('room_id = ?', roomId);
  if (sessionId !== undefined) add('session_id = ?', sessionId);
  if (address !== undefined) add("address <> '' AND address = ?", address);
  if (bad) add('bad = 1');
  if (exceptOf !== undefined)
    add(`(node_of IS NULL OR node_of NOT IN ('', ${exceptOf.map(() => '?').join(', ')}))`, ...exceptOf);
  // The end of the range is the last character that there is.
  if (peer !== undefined)
    add(
      "(peer_id = ? OR (display_name <> '' AND display_name >= ? AND display_name < ?))",
      ...[peer, peer, `${peer}\u{10ffff}`],
    );
  return { where, values };
}

/** A row as the line that it stands for. */
export function lineOf(row: Row): TimelineLine {
  const { id, time, event, text, bad, room_id, peer_id, session_id, display_name, address, course } = row;
  return {
    ...{ id, time, event, text, bad: bad === 1, address },
    roomId: room_id,
    peerId: peer_id,
    sessionId: session_id,
    displayName: display_name,
    course: course === null ? null : (JSON.parse(course) as PeerCourse),
  };
}
