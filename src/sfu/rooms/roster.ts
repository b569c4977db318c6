import type { RemoteEnd } from '../../core/ends.ts';
import type { RoomTellings } from '../media/node-link.ts';
import { Seats } from './attendance.ts';
import { type Known, KnownSessions } from './known-sessions.ts';
import { outranks } from './rank.ts';
import type { RemoteDataPublication } from './remote-data-publication.ts';
import { RemotePeer } from './remote-peer.ts';
import { closeAll, endAll, followShare, type PublishingRoom } from './remote-publishing.ts';
import type { NodeRef, PeerShare, SharesOfOthers } from './share.ts';
import { tellChanges } from './share-changes.ts';

/** What a roster needs of its room. */
export interface RosterRoom extends PublishingRoom {
  readonly id: string;
  /** This run of this node. */
  readonly life: string;
  /** The peer of that id on this node, if there is one. */
  local(peerId: string): LocalSession | undefined;
  /** The peer of that id on this node came later to another node, or moved there. */
  replaceLocal(peerId: string, by: Known): void;
  /** Nothing is left of what that life said. @param reason of the end of its last session */
  nodeLeft(life: string, reason: RemoteEnd): void;
  /** A life has somebody in the room that had nobody. */
  nodeCame(life: string): void;
}

/** A session of a peer on this node. */
export interface LocalSession {
  readonly sessionId: string;
  readonly epoch: number;
  /** The session on another node that it took over from. */
  readonly origin?: { readonly sessionId: string } | undefined;
}

/**
 * The peers of a room that are on other nodes. It follows what those nodes say, in whatever order it comes: of several
 * sessions of one peer id the one that ranks first is shown, and the others are kept until their nodes end them.
 */
export class RemoteRoster implements SharesOfOthers {
  readonly #sessions = new KnownSessions();
  readonly #shown = new Map<string, RemotePeer>();
  /** Those that moved away from their nodes, by session: what they published there goes on for a moment. */
  readonly #fading = new Map<string, RemotePeer>();
  /** Those of them who are in the call. */
  readonly seats = new Seats<RemotePeer>();

  constructor(private readonly room: RosterRoom) {}

  /** Who is there, by peer id. */
  get peers(): ReadonlyMap<string, RemotePeer> {
    return this.#shown;
  }

  /** The lives that have somebody in the room. */
  get lives(): Iterable<string> {
    return this.#sessions.lives;
  }

  /** Those of them that have somebody in the call. */
  get livesInCall(): string[] {
    return this.#sessions.livesInCall;
  }

  /** The greatest epoch of a peer id, among sessions that are not shown, too; 0 when there is none. */
  greatestEpoch(peerId: string): number {
    return Math.max(0, ...this.#sessions.ofPeer(peerId).map(({ share }) => share.epoch));
  }

  has(sessionId: string): boolean {
    return this.#sessions.get(sessionId) !== undefined;
  }

  put(share: PeerShare, from: NodeRef): void {
    const known = this.#sessions.get(share.sessionId);
    if (known && !isSameSession(known, { from, share })) return;
    if (known) known.share = share;
    else this.#add({ from, share });
    this.#settle(share.peerId, 'replaced');
  }

  drop(sessionId: string, from: NodeRef, reason: RemoteEnd): void {
    const known = this.#sessions.get(sessionId);
    if (known?.from.life !== from.life) return;
    this.#remove(known, reason);
  }

  dropNode(life: string, reason: RemoteEnd): void {
    for (const known of this.#sessions.ofLife(life)) this.#remove(known, reason);
  }

  replaceNode(from: NodeRef, peers: readonly PeerShare[]): void {
    const kept = new Set(peers.map(({ sessionId }) => sessionId));
    // First what is new: who came again replaces its former session, and does not leave in between.
    for (const share of peers) this.put(share, from);
    for (const known of this.#sessions.ofLife(from.life))
      if (!kept.has(known.share.sessionId)) this.#remove(known, 'forgotten');
  }

  /** A peer of this node came or went: who is shown under its id may be somebody else now. */
  localChanged(peerId: string): void {
    if (this.#sessions.ofPeer(peerId).length > 0) this.#settle(peerId, 'replaced');
  }

  /** A data channel of that life. */
  dataPublication(life: string, id: string): RemoteDataPublication | undefined {
    const shown = this.room.published.data.get(id);
    if (shown && this.#shown.get(shown.peer.peerId)?.node.life === life) return shown;
    for (const { node, dataPublications } of this.#fading.values()) {
      const found = node.life === life ? dataPublications.get(id) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** The peer that is shown with a session of that life. */
  bySession(life: string, sessionId: string): RemotePeer | undefined {
    const known = this.#sessions.get(sessionId);
    return known?.from.life === life ? this.#shownAs(known) : undefined;
  }

  /** The peers of a subject. */
  ofSubject(subject: string): RemotePeer[] {
    return this.#sessions.ofSubject(subject).flatMap((known) => this.#shownAs(known) ?? []);
  }

  /** A peer of that node reacted. One that nobody knows of, or that takes part unseen, shows nothing. */
  reacted(life: string, { sessionId, reaction }: RoomTellings['reaction']): void {
    const peer = this.bySession(life, sessionId);
    if (peer?.joined && !peer.hidden) this.room.events.emit('remotePeerReacted', { ...peer.ref, reaction });
  }

  /** What a moderator took of a subject changed. */
  restricted(subject: string): void {
    for (const { joined, ref } of this.ofSubject(subject))
      if (joined) this.room.events.emit('remotePeerRestricted', ref);
  }

  /** The room has ended here. */
  close(): void {
    for (const peer of [...this.#shown.values(), ...this.#fading.values()])
      closeAll(this.room.published, peer);
    for (const life of this.#sessions.lives) this.room.nodeLeft(life, 'room_closed');
    this.#shown.clear();
    this.#fading.clear();
    this.#sessions.clear();
  }

  #shownAs({ share: { peerId, sessionId } }: Known): RemotePeer | undefined {
    const peer = this.#shown.get(peerId);
    return peer?.sessionId === sessionId ? peer : undefined;
  }

  #add(known: Known): void {
    const { life } = known.from;
    const isFirst = !this.#sessions.hasLife(life);
    this.#sessions.add(known);
    if (isFirst) this.room.nodeCame(life);
  }

  #remove(known: Known, reason: RemoteEnd): void {
    const { share, from } = known;
    this.#sessions.remove(known);
    const faded = this.#fading.get(share.sessionId);
    this.#fading.delete(share.sessionId);
    if (faded) endAll(this.room, faded);
    this.#settle(share.peerId, reason);
    if (!this.#sessions.hasLife(from.life)) this.room.nodeLeft(from.life, reason);
  }

  /** Shows who ranks first under a peer id. @param reason why the one that was shown is not any more */
  #settle(peerId: string, reason: RemoteEnd): void {
    const first = this.#sessions
      .ofPeer(peerId)
      .reduce<Known | undefined>((best, known) => (best && outranks(best, known) ? best : known), undefined);
    const local = this.room.local(peerId);
    const ranked = local && { share: local, from: { life: this.room.life } };
    const winner = first && ranked && outranks(ranked, first) ? undefined : first;
    const former = local?.sessionId ?? this.#shown.get(peerId)?.sessionId;
    if (local && winner) this.room.replaceLocal(peerId, winner);
    const movedFrom = winner ? winner.share.supersedes : local?.origin?.sessionId;
    this.#show(peerId, winner, { reason, moved: former !== undefined && former === movedFrom, movedFrom });
  }

  #show(peerId: string, known: Known | undefined, how: Change): void {
    const shown = this.#shown.get(peerId);
    if (shown && shown.sessionId !== known?.share.sessionId) {
      if (shown.sessionId === how.movedFrom) this.#fade(shown);
      else this.#hide(shown, how.reason);
    }
    if (!known) return;
    const peer = this.#shown.get(peerId);
    if (peer) this.#update(peer, known.share);
    else this.#reveal(known, how.moved);
  }

  #reveal({ from, share }: Known, moved: boolean): void {
    const peer = new RemotePeer(this.room.id, from, share);
    this.#shown.set(peer.id, peer);
    if (!peer.joined) return;
    if (!moved) return this.#joined(peer);
    this.seats.joined(peer);
    const { displayName, hidden, ref } = peer;
    this.room.events.emit('remotePeerMoved', { ...ref, displayName, hidden });
    followShare(this.room, peer);
  }

  /** It goes on on another node. What it published on its former one is received until its session there ends. */
  #fade(peer: RemotePeer): void {
    this.#shown.delete(peer.id);
    this.seats.paused(peer);
    this.room.published.forget(peer);
    this.#fading.set(peer.sessionId, peer);
  }

  #hide(peer: RemotePeer, reason: RemoteEnd): void {
    this.#shown.delete(peer.id);
    this.#left(peer, reason);
  }

  #update(peer: RemotePeer, share: PeerShare): void {
    const { joined, share: before } = peer;
    if (joined && share.state !== 'joined') {
      this.#left(peer, 'rejoin');
      peer.share = share;
      return;
    }
    peer.share = share;
    if (!peer.joined) return;
    if (!joined) return this.#joined(peer);
    if ((before.standing ?? 'listed') !== peer.standing) this.seats.joined(peer);
    tellChanges(this.room.events, peer, before);
    followShare(this.room, peer);
  }

  #joined(peer: RemotePeer): void {
    const { displayName, hidden, ref } = peer;
    this.seats.joined(peer);
    this.room.events.emit('remotePeerJoined', { ...ref, displayName, hidden });
    followShare(this.room, peer);
  }

  /** As on one node: what it published ends first. */
  #left(peer: RemotePeer, reason: RemoteEnd): void {
    const { rejoining, hidden, ref } = peer;
    const { share, node, standing } = peer;
    const last = { connectedAt: share.connectedAt, life: node.life, standing };
    this.seats.paused(peer);
    const joined = peer.joined || rejoining;
    const mayReturn = reason === 'node_lost' || reason === 'forgotten';
    endAll(this.room, peer, mayReturn);
    this.room.events.emit('remotePeerLeft', { ...ref, reason, joined, rejoining, hidden, ...last });
  }
}

/** A session stays with the life, the peer id and the subject that it began with. */
function isSameSession({ from, share }: Known, said: Known): boolean {
  const { peerId, subject } = said.share;
  return from.life === said.from.life && share.peerId === peerId && share.subject === subject;
}

/** Why somebody else is shown under a peer id now. */
interface Change {
  readonly reason: RemoteEnd;
  /** The one that is shown now took over from the one that was. */
  readonly moved: boolean;
  /** The session that the one that is shown now took over from. */
  readonly movedFrom: string | undefined;
}
