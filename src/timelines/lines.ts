import { isFailure } from '../core/ends.ts';
import type { EventOf } from '../core/event-bus.ts';
import type { SfuEvents } from '../sfu/events.ts';
import type { RemoteEvents } from '../sfu/remote-events.ts';
import type { SignalingEvents } from '../signaling/events.ts';

type OwnEvents = SfuEvents & SignalingEvents;
/** What happens on this node, and on others in rooms that are open here. */
export type Happening = EventOf<Events>;
type Events = OwnEvents & RemoteEvents;

/** Its text contains names and messages of users: escape it where it is shown. */
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
  peerMovedHere: ({ peerId, displayName, from }) => ({
    text: `${displayName || peerId} moved here from node ${from}`,
  }),
  peerMovedAway: ({ peerId, to }) => ({ text: `${peerId} moved to node ${to}` }),
  peerMoveFailed: ({ peerId, detail }) => ({ text: `${peerId} did not move here: ${detail}`, bad: true }),
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
    bad: isFailure(reason),
  }),
  producerOpened: ({ peerId, source, codec }) => ({ text: `${peerId} publishes ${source} (${codec})` }),
  producerPaused: (data) => ({ text: `${data.source} of ${data.peerId} paused${by(data.by)}` }),
  producerResumed: ({ peerId, source }) => ({ text: `${source} of ${peerId} resumed` }),
  producerAllowed: (data) => ({ text: `${data.source} of ${data.peerId} allowed again${by(data.by)}` }),
  producerClosed: (data) => ({ text: `${data.source} of ${data.peerId} ended (${data.reason})` }),
  connectionRefused: ({ code, peerId, detail }) => ({
    text: `a connection${peerId ? ` of ${peerId}` : ''} was refused: ${code}${detail ? `: ${detail}` : ''}`,
    bad: code === 'internal',
  }),
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
  remotePeerMoved: ({ peerId, displayName, node }) => ({
    text: `${displayName || peerId} moved to node ${node}`,
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

/** Whether an event has a line. */
export function hasLine(name: Happening['name']): boolean {
  return writers[name] !== undefined;
}

/** The line of an event that has one. */
export function lineOf({ name, data }: Happening): Required<Line> {
  const write = writers[name] as (data: unknown) => Line;
  const { text, bad = false } = write(data);
  return { text, bad };
}

/** The room that an event is about; undefined when it is about the whole node. */
export function roomOf(data: Happening['data']): string | undefined {
  return 'roomId' in data ? data.roomId : undefined;
}

/**
 * The other node where something happened; empty when it is not known which. Undefined for what happened here, which
 * is also that something of another node is missing here, or that it was lost.
 */
export function otherNodeOf({ name, data }: Happening): string | undefined {
  if (!(name in remoteWriters)) return undefined;
  if (name === 'remoteProducerUnreachable' || name === 'remoteProducerArrived') return undefined;
  if ('reason' in data && data.reason === 'node_lost') return undefined;
  return 'node' in data ? data.node : '';
}
