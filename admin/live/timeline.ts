import type { SfuEvents } from '../../src/sfu/events.ts';
import { type Happening, hasLine, lineOf, roomOf } from '../../src/timelines/lines.ts';

/** One line of what happened. Its text contains names and messages of users: escape it where it is shown. */
export interface TimelineEntry {
  readonly time: number;
  /** The event's name, e.g. peerJoined. */
  readonly name: Happening['name'];
  readonly text: string;
  readonly bad: boolean;
  /** Undefined when it concerns the whole node. */
  readonly roomId: string | undefined;
}

/** An event as it is kept: its line is written only when it is read, since most never are. */
type Kept = Happening & { readonly time: number };

function entryOf({ time, ...happening }: Kept): TimelineEntry {
  const { name, data } = happening;
  return { time, name, ...lineOf(happening as Happening), roomId: roomOf(data) };
}

/** What deserves a look among what happens all the time: trouble, and what somebody with power did. */
function isNotable({ name, data }: Kept): boolean {
  if (roomOf(data) === undefined || troubles.has(name)) return true;
  if (name === 'peerLeft' && (data as SfuEvents['peerLeft']).reason === 'disconnected') return true;
  if (!('by' in data) || typeof data.by !== 'object') return false;
  return data.by.kind !== 'peer' && data.by.kind !== 'server';
}

const troubles: ReadonlySet<string> = new Set<Happening['name']>([
  'peerRejoin',
  'socketDropped',
  'remoteProducerUnreachable',
]);

/** As many as the page of a room shows. */
const maxEntries = 60;
/** Includes rooms that have ended. */
const maxRooms = 2000;

/** What happened in each room, and to the node. */
export class Timelines {
  readonly #rooms = new Map<string, Kept[]>();
  readonly #node: Kept[] = [];
  readonly #notable: Kept[] = [];

  add({ name, data }: Happening, time: number): void {
    const roomId = roomOf(data);
    // A refused connection may name a room that does not exist: it must not push out those that do.
    if (roomId !== undefined && name === 'connectionRefused' && !this.#rooms.has(roomId)) return;
    if (!hasLine(name)) return;
    const kept = { time, name, data } as Kept;
    append(roomId === undefined ? this.#node : this.#ofRoom(roomId), kept);
    if (isNotable(kept)) append(this.#notable, kept);
  }

  /** The newest first. */
  room(roomId: string): TimelineEntry[] {
    return (this.#rooms.get(roomId) ?? []).toReversed().map(entryOf);
  }

  node(): TimelineEntry[] {
    return this.#node.toReversed().map(entryOf);
  }

  /** What happened anywhere and deserves a look. */
  notable(): TimelineEntry[] {
    return this.#notable.toReversed().map(entryOf);
  }

  #ofRoom(roomId: string): Kept[] {
    const known = this.#rooms.get(roomId);
    if (known) return known;
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size >= maxRooms && oldest !== undefined) this.#rooms.delete(oldest);
    const entries: Kept[] = [];
    this.#rooms.set(roomId, entries);
    return entries;
  }
}

function append(entries: Kept[], entry: Kept): void {
  entries.push(entry);
  if (entries.length > maxEntries) entries.shift();
}
