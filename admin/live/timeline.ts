import type { EventOf } from '../../src/core/event-bus.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';
import type { RemoteEvents } from '../../src/sfu/remote-events.ts';
import type { SignalingEvents } from '../../src/signaling/events.ts';

type OwnEvents = SfuEvents & SignalingEvents;
type Events = OwnEvents & RemoteEvents;

/** One line of what happened. Its text contains names and messages of users: escape it where it is shown. */
export interface TimelineEntry {
  readonly time: number;
  /** The event's name, e.g. peerJoined. */
  readonly name: keyof Events;
  readonly text: string;
  readonly bad: boolean;
  /** Undefined when it concerns the whole node. */
  readonly roomId: string | undefined;
}

type Line = { text: string; bad?: boolean };
type Writers<E> = { readonly [N in keyof E]?: (data: E[N]) => Line };

const by = ({ kind, id }: { kind: string; id: string }) => (kind === 'server' ? '' : ` by ${kind} ${id}`);

/** The events that people want to read about, and their lines. The others are too many or say too little. */
const ownWriters: Writers<OwnEvents> = {
  workerStarted: ({ workerIndex, restart }) => ({
    text: `worker ${workerIndex} ${restart ? 'runs again' : 'runs'}`,
  }),
  workerDied: ({ workerIndex, cause }) => ({ text: `worker ${workerIndex} died: ${cause}`, bad: true }),
  workerFailed: ({ workerIndex, cause }) => ({
    text: `worker ${workerIndex} cannot start: ${cause}`,
    bad: true,
  }),
  drainStarted: (data) => ({ text: `drain started${by(data.by)}`, bad: true }),
  drainCancelled: (data) => ({ text: `drain cancelled${by(data.by)}` }),
  roomOpened: ({ workerIndex }) => ({ text: `room opened on worker ${workerIndex}` }),
  roomSpread: ({ workerIndex }) => ({ text: `room spread to worker ${workerIndex}` }),
  roomLocked: (data) => ({ text: `room ${data.locked ? 'locked' : 'unlocked'}${by(data.by)}` }),
  roomNotice: (data) => ({ text: `notice${by(data.by)}: ${data.message}` }),
  roomClosed: (data) => ({ text: `room closed (${data.reason})${by(data.by)}` }),
  peerJoined: ({ peerId, displayName }) => ({ text: `${displayName || peerId} joined` }),
  peerRenamed: ({ displayName, oldDisplayName }) => ({ text: `${oldDisplayName} is now ${displayName}` }),
  peerRejoined: ({ peerId, duration }) => ({ text: `${peerId} was back after ${duration} ms` }),
  peerAway: ({ peerId }) => ({ text: `the connection of ${peerId} was cut; it is away`, bad: true }),
  peerBack: ({ peerId, duration }) => ({ text: `${peerId} was back after ${duration} ms` }),
  peerRejoin: ({ peerId, reason }) => ({ text: `${peerId} was asked to rejoin (${reason})`, bad: true }),
  peerPermissionsChanged: (data) => ({ text: `what ${data.peerId} may publish was changed${by(data.by)}` }),
  peerNotice: (data) => ({ text: `notice to ${data.peerId}${by(data.by)}: ${data.message}` }),
  peerLeft: (data) => ({
    text: `${data.peerId} left (${data.reason})${data.by.kind === 'peer' ? '' : by(data.by)}`,
    bad: data.reason === 'disconnected' || data.reason === 'protocol_error',
  }),
  transportConnected: ({ peerId, duration }) => ({
    text: `media of ${peerId} connected${duration === null ? '' : ` in ${duration} ms`}`,
  }),
  transportWaits: ({ peerId, after }) => ({
    text: `no media of ${peerId} has come for ${after / 1000} seconds`,
    bad: true,
  }),
  transportClosed: ({ peerId, reason }) => ({
    text: `a transport of ${peerId} closed (${reason})`,
    bad: reason === 'ice_failed' || reason === 'dtls_failed',
  }),
  producerOpened: ({ peerId, source, codec }) => ({ text: `${peerId} publishes ${source} (${codec})` }),
  producerPaused: (data) => ({ text: `${data.source} of ${data.peerId} paused${by(data.by)}` }),
  producerResumed: ({ peerId, source }) => ({ text: `${source} of ${peerId} resumed` }),
  producerAllowed: (data) => ({ text: `${data.source} of ${data.peerId} allowed again${by(data.by)}` }),
  producerClosed: (data) => ({ text: `${data.source} of ${data.peerId} ended (${data.reason})` }),
  connectionRefused: ({ code }) => ({ text: `a connection was refused: ${code}`, bad: code === 'internal' }),
  socketDropped: ({ peerId, cause }) => ({
    text: `the socket of ${peerId} was dropped: ${cause}`,
    bad: true,
  }),
};

/** The same of what happens on other nodes in rooms that are open here. */
const remoteWriters: Writers<RemoteEvents> = {
  remotePeerJoined: ({ peerId, displayName, node }) => ({
    text: `${displayName || peerId} joined on node ${node}`,
  }),
  remotePeerRenamed: ({ displayName, oldDisplayName }) => ({
    text: `${oldDisplayName} is now ${displayName}`,
  }),
  remotePeerLeft: ({ peerId, node, reason }) => ({
    text: `${peerId} left node ${node} (${reason})`,
    bad: reason === 'disconnected' || reason === 'node_lost',
  }),
  remoteProducerOpened: ({ peerId, source, node }) => ({
    text: `${peerId} publishes ${source} on node ${node}`,
  }),
  remoteProducerPaused: ({ peerId, source }) => ({ text: `${source} of ${peerId} paused` }),
  remoteProducerResumed: ({ peerId, source }) => ({ text: `${source} of ${peerId} resumed` }),
  remoteProducerClosed: ({ peerId, source }) => ({ text: `${source} of ${peerId} ended` }),
  remoteProducerUnreachable: ({ peerId, source, node, cause }) => ({
    text: `${source} of ${peerId} cannot be brought here from node ${node}: ${cause}`,
    bad: true,
  }),
  remoteProducerArrived: ({ peerId, source, node }) => ({
    text: `${source} of ${peerId} has come from node ${node} after all`,
  }),
  remoteRoomLocked: ({ locked }) => ({ text: `room ${locked ? 'locked' : 'unlocked'} on another node` }),
};

const writers: Writers<Events> = { ...ownWriters, ...remoteWriters };

/** The events of this node that have lines. */
export const timelineEvents = Object.keys(ownWriters) as readonly (keyof OwnEvents)[];

/** An event as it is kept: its line is written only when it is read, since most never are. */
type Kept = EventOf<Events> & { readonly time: number };

function entryOf({ time, name, data }: Kept): TimelineEntry {
  const write = writers[name] as (data: unknown) => Line;
  const { text, bad = false } = write(data);
  return { time, name, text, bad, roomId: roomOf(data) };
}

/** The room that an event is about; undefined when it is about the whole node. */
export function roomOf(data: Events[keyof Events]): string | undefined {
  return 'roomId' in data ? data.roomId : undefined;
}

/** What deserves a look among what happens all the time: trouble, and what somebody with power did. */
function isNotable({ name, data }: Kept): boolean {
  if (roomOf(data) === undefined || troubles.has(name)) return true;
  if (name === 'peerLeft' && (data as Events['peerLeft']).reason === 'disconnected') return true;
  if (!('by' in data) || typeof data.by !== 'object') return false;
  return data.by.kind !== 'peer' && data.by.kind !== 'server';
}

const troubles: ReadonlySet<string> = new Set<keyof Events>([
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

  add({ name, data }: EventOf<Events>, time: number): void {
    const roomId = roomOf(data);
    // A refused connection may name a room that does not exist: it must not push out those that do.
    if (roomId !== undefined && name === 'connectionRefused' && !this.#rooms.has(roomId)) return;
    if (writers[name] === undefined) return;
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
