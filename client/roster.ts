import type { JoinResult, Notification, PeerInfo, ProducerInfo } from './protocol.ts';
import type { Quality } from './quality.ts';
import { detailsOf, RemotePeer, same, unrestricted } from './remote-peer.ts';

export interface RosterHost {
  peerJoined(peer: RemotePeer): void;
  peerChanged(peer: RemotePeer): void;
  peerLeft(peer: RemotePeer, reason: string): void;
  qualityTold(peerId: string, quality: Quality): void;
  publicationAdded(peer: RemotePeer, publication: ProducerInfo): void;
  publicationRemoved(peer: RemotePeer, publication: ProducerInfo): void;
}

/** After this time a peer that is away counts as gone. */
const awayTimeoutMs = 15_000;

/**
 * Reasons after which a peer should be back in a moment: its media is rebuilt, it has a newer connection, or the
 * server stops.
 */
const comingBack = new Set(['rejoin', 'replaced', 'draining', 'server_closed']);

type News = Partial<
  Pick<
    RemotePeer,
    | 'attributes'
    | 'away'
    | 'device'
    | 'displayName'
    | 'handRaisedAt'
    | 'metadata'
    | 'restrictions'
    | 'unreachable'
  >
>;

/** The peers in the room. A peer that rebuilds its media stays in the list. */
export class Roster {
  readonly peers = new Map<string, RemotePeer>();
  readonly #awayTimers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly host: RosterHost) {}

  /** We joined, for the first time or again. Known peers that are missing may still be reconnecting. */
  joined(infos: JoinResult['peers']): void {
    this.#awayBut(infos);
    for (const info of infos) {
      const peer = this.#arrived(info);
      peer.publications.clear();
      for (const producer of info.producers) this.#published(peer.id, producer);
    }
  }

  /** We moved to another server, which says how the call is now. What is as before is not told again. */
  moved(infos: JoinResult['peers']): void {
    this.#awayBut(infos);
    for (const info of infos) {
      const peer = this.peers.get(info.id) ?? this.#arrived(info);
      this.#stopWaiting(peer.id);
      const details = detailsOf(info);
      if (isNews(peer, details)) this.#update(peer.id, details);
      const published = new Set(info.producers.map(({ producerId }) => producerId));
      for (const producer of info.producers) this.#published(peer.id, producer);
      for (const producerId of [...peer.publications.keys()])
        if (!published.has(producerId)) this.#unpublished(peer.id, producerId);
    }
  }

  /** Handles notifications about peers. */
  notified({ method, data }: Notification): void {
    if (method === 'newPeer') this.#arrived(data);
    else if (method === 'peerAway') this.#update(data.peerId, { away: data.away });
    else if (method === 'peerLeft') this.#gone(data.peerId, data.reason);
    else if (method === 'peerDisplayNameChanged')
      this.#update(data.peerId, { displayName: data.displayName });
    else if (method === 'peerMetadataChanged') this.#update(data.peerId, { metadata: data.metadata });
    else if (method === 'peerAttributesChanged') this.#update(data.peerId, { attributes: data.attributes });
    else if (method === 'peerHand') this.#update(data.peerId, { handRaisedAt: data.raisedAt });
    else if (method === 'peerUnreachable') this.#update(data.peerId, { unreachable: data.sources });
    else if (method === 'peerRestrictions') {
      const { peerId, ...restrictions } = data;
      this.#update(peerId, { restrictions });
    } else if (method === 'newProducer') this.#published(data.peerId, data);
    else if (method === 'producerGone') this.#unpublished(data.peerId, data.producerId);
  }

  clear(reason: string): void {
    for (const peerId of [...this.peers.keys()]) this.#left(peerId, reason);
  }

  /** A peer came, or came back. */
  #arrived(info: PeerInfo): RemotePeer {
    const peer = this.#known(info);
    if (info.quality) this.host.qualityTold(peer.id, info.quality);
    return peer;
  }

  #known(info: PeerInfo): RemotePeer {
    this.#stopWaiting(info.id);
    const known = this.peers.get(info.id);
    if (known) {
      // Restrictions that still hold are told again.
      this.#update(known.id, { ...detailsOf(info), restrictions: unrestricted });
      return known;
    }
    const peer = new RemotePeer(info);
    this.peers.set(peer.id, peer);
    this.host.peerJoined(peer);
    return peer;
  }

  /** Those that are not there may still be reconnecting. */
  #awayBut(infos: readonly PeerInfo[]): void {
    const present = new Set(infos.map(({ id }) => id));
    for (const peer of this.peers.values()) if (!present.has(peer.id)) this.#away(peer.id);
  }

  /** A peer is rebuilding its media. */
  #away(peerId: string): void {
    const peer = this.peers.get(peerId);
    if (!peer || peer.away) return;
    peer.away = true;
    this.#awayTimers.set(
      peerId,
      setTimeout(() => this.#left(peerId, 'disconnected'), awayTimeoutMs),
    );
    this.host.peerChanged(peer);
  }

  #left(peerId: string, reason: string): void {
    this.#stopWaiting(peerId);
    const peer = this.peers.get(peerId);
    if (!peer) return;
    this.peers.delete(peerId);
    for (const track of [...peer.tracks]) track.end(reason);
    this.host.peerLeft(peer, reason);
  }

  #update(peerId: string, news: News): void {
    const peer = this.peers.get(peerId);
    if (!peer) return;
    Object.assign(peer, news);
    this.host.peerChanged(peer);
  }

  #gone(peerId: string, reason: string): void {
    if (comingBack.has(reason)) this.#away(peerId);
    else this.#left(peerId, reason);
  }

  #published(peerId: string, publication: ProducerInfo): void {
    const peer = this.peers.get(peerId);
    if (!peer) return;
    const { producerId, replaces = producerId } = publication;
    // An application that was told of the former one may still have it: it is now this one.
    const known = peer.publications.get(producerId) ?? peer.publications.get(replaces);
    if (known) {
      peer.publications.delete(known.producerId);
      peer.publications.set(producerId, Object.assign(known, publication));
      return;
    }
    peer.publications.set(producerId, publication);
    this.host.publicationAdded(peer, publication);
  }

  #unpublished(peerId: string, producerId: string): void {
    const peer = this.peers.get(peerId);
    const publication = peer?.publications.get(producerId);
    if (!peer || !publication) return;
    peer.publications.delete(producerId);
    this.host.publicationRemoved(peer, publication);
  }

  #stopWaiting(peerId: string): void {
    clearTimeout(this.#awayTimers.get(peerId));
    this.#awayTimers.delete(peerId);
  }
}

function isNews(peer: RemotePeer, news: News): boolean {
  const known: News = peer;
  const names = Object.keys(news) as (keyof News)[];
  return names.some((name) => !same(known[name], news[name]));
}
