import type { PeerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import type { Attendance } from './attendance.ts';
import { expectData } from './expecting-data.ts';
import type { Luggage, TakeAgain, TakenSession } from './passage.ts';
import { Peer, type PeerLink } from './peer.ts';
import type { DataPublication } from './publication.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { Restrictions } from './restrictions.ts';
import type { RoomContext } from './room-context.ts';
import type { NodeRef } from './share.ts';

/** How long a peer may take to bring its media to this node. */
export const arrivalMs = 20_000;
/** How long what others receive of a peer that moved away goes on, unless its client ends it before. */
const departureMs = 10_000;

/** The room that it leaves. */
export interface DepartedRoom {
  readonly context: RoomContext;
  readonly peers: Map<string, Peer>;
  readonly passages: Map<string, Peer>;
  readonly attendance: Attendance;
  removePeer(peer: Peer, reason: PeerEnd, options: { detail: string }): void;
}

/** The room that it comes to. */
interface Place extends DepartedRoom {
  readonly closed: boolean;
  readonly restrictions: Restrictions;
  readonly dataPublications: readonly DataPublication[];
  readonly mesh: { readonly roster: RosterOfOthers } | undefined;
  expectJoin(peer: Peer): void;
}

interface RosterOfOthers {
  readonly peers: ReadonlyMap<string, RemotePeer>;
  greatestEpoch(peerId: string): number;
  localChanged(peerId: string): void;
}

/** Who arrives, and where it comes from. */
export interface Arriving {
  readonly identity: Identity;
  readonly link: PeerLink;
  readonly from: NodeRef;
  readonly taken: TakenSession;
  readonly takeAgain: TakeAgain;
}

/**
 * Lets a peer of another node in beside its session there: it brings its media here, and nobody is told of it before it
 * takes over. @throws SfuError room_closed
 */
export function arrive(room: Place, { identity, link, from, taken, takeAgain }: Arriving): Peer {
  if (room.closed)
    throw new SfuError('room_closed', 'the room was closed at this moment; connect again for a new one');
  const { clock, media } = room.context;
  const epoch = Math.max(taken.epoch, room.mesh?.roster.greatestEpoch(identity.peerId) ?? 0) + 1;
  const publish = room.restrictions.publishOf(identity);
  const peer = new Peer({ identity, link, clock, media, publish, epoch });
  unpack(peer, taken.luggage);
  const cancel = clock.after(arrivalMs, () =>
    room.removePeer(peer, 'join_timeout', {
      detail: `you did not take over within ${arrivalMs / 1000} seconds; go on where you are`,
    }),
  );
  const startedAt = clock.elapsed();
  const age = () => clock.elapsed() - startedAt;
  const supersedes = taken.sessionId;
  peer.passage = { to: 'here', from, supersedes, takeAgain, told: [], age, cancel };
  room.passages.set(peer.sessionId, peer);
  room.attendance.entered(peer);
  room.expectJoin(peer);
  return peer;
}

/**
 * A peer that arrived takes over from its session on the other node: from now on it is the one that all see.
 * @throws SfuError wrong_state for a peer that does not move; gone when that session has ended, and with it the right to
 */
export async function takeOver(room: Place, peer: Peer): Promise<void> {
  const { passage } = peer;
  if (passage?.to !== 'here')
    throw new SfuError('wrong_state', 'you do not move; this is for a connection with ?moving=1');
  peer.requireJoined();
  const latest = await passage.takeAgain();
  if (peer.closed) throw gone('this connection ended');
  if (latest === null || !isNext(room, peer, passage.supersedes))
    throw gone('what you move away from has ended, or was replaced');
  if (latest) unpack(peer, latest.luggage);
  passage.cancel();
  peer.passage = undefined;
  peer.origin = { sessionId: passage.supersedes, node: passage.from.name };
  room.passages.delete(peer.sessionId);
  room.peers.set(peer.id, peer);
  room.attendance.joined(peer);
  room.mesh?.roster.localChanged(peer.id);
  if (peer.consumingTransport()) expectData(room.dataPublications, peer);
  const { displayName, hidden } = peer;
  const duration = passage.age();
  room.context.events.emit('peerMovedHere', {
    ...peer.ref,
    displayName,
    hidden,
    duration,
    from: passage.from.name,
  });
  for (const tell of passage.told) tell();
}

/** Its session on another node took over: nobody is told that it left, and what they receive goes on for a moment. */
export function depart(room: DepartedRoom, peer: Peer, to: NodeRef): void {
  room.peers.delete(peer.id);
  room.passages.set(peer.sessionId, peer);
  room.attendance.paused(peer);
  peer.absence?.cancel();
  peer.absence = undefined;
  const end = () => room.removePeer(peer, 'disconnected', { detail: 'you go on on another server' });
  peer.passage = { to: 'there', cancel: room.context.clock.after(departureMs, end) };
  const { hidden } = peer;
  room.context.events.emit('peerMovedAway', { ...peer.ref, hidden, duration: peer.age(), to: to.name });
}

/** The last move that began from each peer. */
const moves = new WeakMap<Peer, string>();

/**
 * What another node takes over of a peer. Of several moves the last one that began may take it over in the end.
 * @returns undefined when there is nothing to take over, or another move began since
 */
export function pack(
  peer: Peer,
  { take, last }: { readonly take: string; readonly last: boolean },
): TakenSession | undefined {
  if (last && moves.get(peer) !== take) return undefined;
  moves.set(peer, take);
  const { sessionId, epoch, displayName, metadata, attributes, handRaisedAt } = peer;
  const { standing, connectedAt, joinedAt } = peer;
  if (!peer.joined || joinedAt === undefined) return undefined;
  const { address: _, ...identity } = peer.identity;
  const luggage = { displayName, metadata, attributes, handRaisedAt, standing, connectedAt, joinedAt };
  return { sessionId, epoch, identity, luggage };
}

/** A node of another version may say more. */
function unpack(peer: Peer, luggage: Luggage): void {
  const { displayName, metadata, attributes, handRaisedAt, standing, connectedAt, joinedAt } = luggage;
  Object.assign(peer, { displayName, metadata, attributes, handRaisedAt, standing, connectedAt, joinedAt });
}

/** Whether nobody else of that id came meanwhile, here or elsewhere. */
function isNext(room: Place, peer: Peer, supersedes: string): boolean {
  if (room.peers.has(peer.id)) return false;
  const shown = room.mesh?.roster.peers.get(peer.id);
  return shown === undefined || shown.sessionId === supersedes;
}

function gone(why: string): SfuError {
  return new SfuError('gone', `${why}; connect again with a token`);
}
