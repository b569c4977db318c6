import type { RemoteEnd } from '../../core/ends.ts';
import type { RoomTellings } from '../media/node-link.ts';
import type { RemoteBus, RemotePeerRef } from '../remote-events.ts';
import { Seats } from './attendance.ts';
import { outranks } from './rank.ts';
import type { RemoteDataPublication } from './remote-data-publication.ts';
import { RemotePeer } from './remote-peer.ts';
import { producerRef, type RemotePublication } from './remote-publication.ts';
import type { DataPublicationShare, NodeRef, PeerShare, PublicationShare, SharesOfOthers } from './share.ts';
import { tellChanges } from './share-changes.ts';

/** What a roster needs of its room. */
export interface RosterRoom {
  readonly id: string;
  readonly events: RemoteBus;
  /** This run of this node. */
  readonly life: string;
  /** How the peer of that id on this node ranks, if there is one. */
  localEpoch(peerId: string): number | undefined;
  /** The peer of that id on this node came later to another node. */
  replaceLocal(peerId: string): void;
  newPublication(ref: RemotePeerRef, from: NodeRef, share: PublicationShare): RemotePublication;
  newDataPublication(ref: RemotePeerRef, share: DataPublicationShare): RemoteDataPublication;
  /** Nothing is left of what that life said. */
  nodeLeft(life: string): void;
  /** A life has somebody in the room that had nobody. */
  nodeCame(life: string): void;
}

interface Known {
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
    for (const { node, dataPublications } of this.#shown.values()) {
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
    for (const peer of this.#shown.values()) closeAll(peer);
    for (const life of this.#countByLife.keys()) this.room.nodeLeft(life);
    this.#shown.clear();
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
    this.#settle(share.peerId, reason);
    const left = (this.#countByLife.get(from.life) ?? 1) - 1;
    if (left > 0) this.#countByLife.set(from.life, left);
    else {
      this.#countByLife.delete(from.life);
      this.room.nodeLeft(from.life);
    }
  }

  /** Shows who ranks first under a peer id. @param reason why the one that was shown is not any more */
  #settle(peerId: string, reason: RemoteEnd): void {
    const first = [...(this.#byPeer.get(peerId) ?? [])].reduce<Known | undefined>(
      (best, known) => (best && outranks(best, known) ? best : known),
      undefined,
    );
    const epoch = this.room.localEpoch(peerId);
    const local = epoch !== undefined && { share: { epoch }, from: { life: this.room.life } };
    const winner = first && local && outranks(local, first) ? undefined : first;
    if (local && winner) this.room.replaceLocal(peerId);
    this.#show(peerId, winner, reason);
  }

  #show(peerId: string, known: Known | undefined, reason: RemoteEnd): void {
    const shown = this.#shown.get(peerId);
    if (shown && shown.sessionId !== known?.share.sessionId) this.#hide(shown, reason);
    if (!known) return;
    const peer = this.#shown.get(peerId);
    if (peer) this.#update(peer, known.share);
    else this.#reveal(known);
  }

  #reveal({ from, share }: Known): void {
    const peer = new RemotePeer(this.room.id, from, share);
    this.#shown.set(peer.id, peer);
    if (peer.joined) this.#joined(peer);
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
    this.#publications(peer);
  }

  #joined(peer: RemotePeer): void {
    const { displayName, hidden, ref } = peer;
    this.seats.joined(peer);
    this.room.events.emit('remotePeerJoined', { ...ref, displayName, hidden });
    this.#publications(peer);
  }

  /** As on one node: what it published ends first. */
  #left(peer: RemotePeer, reason: RemoteEnd): void {
    const { rejoining, hidden, ref } = peer;
    const { share, node, standing } = peer;
    const last = { connectedAt: share.connectedAt, life: node.life, standing };
    this.seats.paused(peer);
    const joined = peer.joined || rejoining;
    const mayReturn = reason === 'node_lost' || reason === 'forgotten';
    const { publications, dataPublications } = closeAll(peer, { mayReturn });
    for (const publication of publications)
      this.room.events.emit('remoteProducerClosed', producerRef(publication));
    for (const { info } of dataPublications)
      this.room.events.emit('remoteDataProducerClosed', {
        ...ref,
        dataProducerId: info.id,
        label: info.label,
      });
    this.room.events.emit('remotePeerLeft', { ...ref, reason, joined, rejoining, hidden, ...last });
  }

  #publications(peer: RemotePeer): void {
    const { share } = peer;
    this.#closeMissing(peer);
    for (const data of share.dataPublications) this.#openData(peer, data);
    for (const publication of share.publications) this.#openOrHold(peer, publication);
  }

  #closeMissing({ share, publications, dataPublications, ref }: RemotePeer): void {
    const kept = new Set([...share.publications, ...share.dataPublications].map(({ id }) => id));
    for (const [id, publication] of publications) {
      if (kept.has(id)) continue;
      publications.delete(id);
      publication.close();
      this.room.events.emit('remoteProducerClosed', producerRef(publication));
    }
    for (const [id, publication] of dataPublications) {
      if (kept.has(id)) continue;
      dataPublications.delete(id);
      publication.close();
      const { label } = publication.info;
      this.room.events.emit('remoteDataProducerClosed', { ...ref, dataProducerId: id, label });
    }
  }

  #openOrHold({ publications, ref, node }: RemotePeer, share: PublicationShare): void {
    const known = publications.get(share.id);
    if (known) {
      const paused = known.hold(share.pausedBy);
      if (paused === undefined) return;
      this.room.events.emit(paused ? 'remoteProducerPaused' : 'remoteProducerResumed', producerRef(known));
      return;
    }
    const publication = this.room.newPublication(ref, node, share);
    publications.set(share.id, publication);
    this.room.events.emit('remoteProducerOpened', {
      ...producerRef(publication),
      paused: publication.paused,
    });
  }

  #openData({ dataPublications, ref }: RemotePeer, share: DataPublicationShare): void {
    if (dataPublications.has(share.id)) return;
    dataPublications.set(share.id, this.room.newDataPublication(ref, share));
    const { id: dataProducerId, label } = share;
    this.room.events.emit('remoteDataProducerOpened', { ...ref, dataProducerId, label });
  }
}

/** Ends what a peer publishes. @returns what that was */
function closeAll(peer: RemotePeer, { mayReturn } = { mayReturn: false }) {
  const publications = [...peer.publications.values()];
  const dataPublications = [...peer.dataPublications.values()];
  peer.publications.clear();
  peer.dataPublications.clear();
  for (const publication of publications) publication.close({ mayReturn });
  for (const publication of dataPublications) publication.close();
  return { publications, dataPublications };
}
