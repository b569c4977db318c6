import type { RemoteEnd } from '../../core/ends.ts';
import type { RoomTellings } from '../media/node-link.ts';
import { Seats } from './attendance.ts';
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

/** A session of a peer on another node. */
export interface Known {
  readonly from: NodeRef;
  share: PeerShare;
}

/**
 * The peers of a room that are on other nodes. It follows what those nodes say, in whatever order it comes: of several
 * sessions of one peer id the one that ranks first is shown, and the others are kept until their nodes end them.
 */
export class RemoteRoster implements SharesOfOthers {
  readonly #sessions = new Map<string, Known>();
  readonly #byPeer = new Map<string, Set<Known>>();
  readonly #countByLife = new Map<string, number>();
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
    return this.#countByLife.keys();
  }

  get joinedPeers(): RemotePeer[] {
    return [...this.#shown.values()].filter(({ joined }) => joined);
  }

  /** The greatest epoch of a peer id, among sessions that are not shown, too; 0 when there is none. */
  greatestEpoch(peerId: string): number {
    return Math.max(0, ...[...(this.#byPeer.get(peerId) ?? [])].map(({ share }) => share.epoch));
  }

  has(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  put(share: PeerShare, from: NodeRef): void {
    const known = this.#sessions.get(share.sessionId);
    // A session stays with the life and the peer id that it began with.
    if (known && (known.from.life !== from.life || known.share.peerId !== share.peerId)) return;
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
    for (const known of [...this.#sessions.values()])
      if (known.from.life === life) this.#remove(known, reason);
  }

  replaceNode(from: NodeRef, peers: readonly PeerShare[]): void {
    const kept = new Set(peers.map(({ sessionId }) => sessionId));
    // First what is new: who came again replaces its former session, and does not leave in between.
    for (const share of peers) this.put(share, from);
    for (const [sessionId, known] of [...this.#sessions])
      if (known.from.life === from.life && !kept.has(sessionId)) this.#remove(known, 'forgotten');
  }

  /** A peer of this node came or went: who is shown under its id may be somebody else now. */
  localChanged(peerId: string): void {
    if (this.#byPeer.has(peerId)) this.#settle(peerId, 'replaced');
  }

  /** A data channel of that life. */
  dataPublication(life: string, id: string): RemoteDataPublication | undefined {
    for (const { node, dataPublications } of [...this.#shown.values(), ...this.#fading.values()]) {
      const found = node.life === life ? dataPublications.get(id) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** A peer of that node reacted. One that nobody knows of, or that takes part unseen, shows nothing. */
  reacted(life: string, { sessionId, reaction }: RoomTellings['reaction']): void {
    const peer = [...this.#shown.values()].find(
      (one) => one.sessionId === sessionId && one.node.life === life,
    );
    if (peer?.joined && !peer.hidden) this.room.events.emit('remotePeerReacted', { ...peer.ref, reaction });
  }

  /** What a moderator took of a subject changed. */
  restricted(subject: string): void {
    for (const peer of this.#shown.values())
      if (peer.joined && peer.share.subject === subject)
        this.room.events.emit('remotePeerRestricted', peer.ref);
  }

  /** The room has ended here. */
  close(): void {
    for (const peer of [...this.#shown.values(), ...this.#fading.values()]) closeAll(peer);
    for (const life of this.#countByLife.keys()) this.room.nodeLeft(life, 'room_closed');
    this.#shown.clear();
    this.#fading.clear();
    this.#sessions.clear();
    this.#byPeer.clear();
    this.#countByLife.clear();
  }

  #add(known: Known): void {
    const { share, from } = known;
    this.#sessions.set(share.sessionId, known);
    const ofPeer = this.#byPeer.get(share.peerId) ?? new Set();
    this.#byPeer.set(share.peerId, ofPeer.add(known));
    const count = this.#countByLife.get(from.life) ?? 0;
    this.#countByLife.set(from.life, count + 1);
    if (count === 0) this.room.nodeCame(from.life);
  }

  #remove(known: Known, reason: RemoteEnd): void {
    const { share, from } = known;
    this.#sessions.delete(share.sessionId);
    const ofPeer = this.#byPeer.get(share.peerId);
    ofPeer?.delete(known);
    if (ofPeer?.size === 0) this.#byPeer.delete(share.peerId);
    const faded = this.#fading.get(share.sessionId);
    this.#fading.delete(share.sessionId);
    if (faded) endAll(this.room, faded);
    this.#settle(share.peerId, reason);
    const left = (this.#countByLife.get(from.life) ?? 1) - 1;
    if (left > 0) this.#countByLife.set(from.life, left);
    else {
      this.#countByLife.delete(from.life);
      this.room.nodeLeft(from.life, reason);
    }
  }

  /** Shows who ranks first under a peer id. @param reason why the one that was shown is not any more */
  #settle(peerId: string, reason: RemoteEnd): void {
    const first = [...(this.#byPeer.get(peerId) ?? [])].reduce<Known | undefined>(
      (best, known) => (best && outranks(best, known) ? best : known),
      undefined,
    );
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

/** Why somebody else is shown under a peer id now. */
interface Change {
  readonly reason: RemoteEnd;
  /** The one that is shown now took over from the one that was. */
  readonly moved: boolean;
  /** The session that the one that is shown now took over from. */
  readonly movedFrom: string | undefined;
}
