import type { RemoteBus, RemotePeerRef } from '../remote-events.ts';
import type { RemoteDataPublication } from './remote-data-publication.ts';
import type { RemotePeer } from './remote-peer.ts';
import { producerRef, type RemotePublication } from './remote-publication.ts';
import type { DataPublicationShare, NodeRef, PublicationShare } from './share.ts';

/** What peers on other nodes publish, as it follows their shares. */

/** By id. Of two that claim one the first has it. */
class ByOwnId<P extends { readonly info: { readonly id: string } }> extends Map<string, P> {
  opened(publication: P): void {
    const { id } = publication.info;
    if (!this.has(id)) this.set(id, publication);
  }

  ended(publication: P): void {
    const { id } = publication.info;
    if (this.get(id) === publication) this.delete(id);
  }
}

/** That of a room: few of those in a large room publish anything. */
export class PublishedElsewhere {
  readonly media = new ByOwnId<RemotePublication>();
  readonly data = new ByOwnId<RemoteDataPublication>();

  /** Nobody of the room begins to receive what this peer publishes. */
  forget({ publications, dataPublications }: RemotePeer): void {
    for (const publication of publications.values()) this.media.ended(publication);
    for (const publication of dataPublications.values()) this.data.ended(publication);
  }
}

export interface PublishingRoom {
  readonly events: RemoteBus;
  readonly published: PublishedElsewhere;
  newPublication(ref: RemotePeerRef, from: NodeRef, share: PublicationShare): RemotePublication;
  newDataPublication(ref: RemotePeerRef, share: DataPublicationShare): RemoteDataPublication;
}

/** Ends, opens and holds what a peer publishes, so that it is as its share says, and tells so. */
export function followShare(room: PublishingRoom, peer: RemotePeer): void {
  const { share } = peer;
  closeMissing(room, peer);
  for (const data of share.dataPublications) openData(room, peer, data);
  for (const publication of share.publications) openOrHold(room, peer, publication);
}

/** Ends what a peer publishes, and tells so. */
export function endAll(
  { events, published }: Pick<PublishingRoom, 'events' | 'published'>,
  peer: RemotePeer,
  mayReturn = false,
): void {
  const { ref } = peer;
  const { publications, dataPublications } = closeAll(published, peer, mayReturn);
  for (const publication of publications) events.emit('remoteProducerClosed', producerRef(publication));
  for (const { info } of dataPublications)
    events.emit('remoteDataProducerClosed', { ...ref, dataProducerId: info.id, label: info.label });
}

/** Ends what a peer publishes. @returns what that was */
export function closeAll(published: PublishedElsewhere, peer: RemotePeer, mayReturn = false) {
  published.forget(peer);
  const publications = [...peer.publications.values()];
  const dataPublications = [...peer.dataPublications.values()];
  peer.publications.clear();
  peer.dataPublications.clear();
  for (const publication of publications) publication.close({ mayReturn });
  for (const publication of dataPublications) publication.close();
  return { publications, dataPublications };
}

function closeMissing(
  { events, published }: PublishingRoom,
  { share, publications, dataPublications, ref }: RemotePeer,
): void {
  const kept = new Set([...share.publications, ...share.dataPublications].map(({ id }) => id));
  for (const [id, publication] of publications) {
    if (kept.has(id)) continue;
    publications.delete(id);
    published.media.ended(publication);
    publication.close();
    events.emit('remoteProducerClosed', producerRef(publication));
  }
  for (const [id, publication] of dataPublications) {
    if (kept.has(id)) continue;
    dataPublications.delete(id);
    published.data.ended(publication);
    publication.close();
    const { label } = publication.info;
    events.emit('remoteDataProducerClosed', { ...ref, dataProducerId: id, label });
  }
}

function openOrHold(
  room: PublishingRoom,
  { publications, ref, node }: RemotePeer,
  share: PublicationShare,
): void {
  const known = publications.get(share.id);
  if (known) {
    const paused = known.hold(share.pausedBy);
    if (paused === undefined) return;
    room.events.emit(paused ? 'remoteProducerPaused' : 'remoteProducerResumed', producerRef(known));
    return;
  }
  const publication = room.newPublication(ref, node, share);
  publications.set(share.id, publication);
  room.published.media.opened(publication);
  room.events.emit('remoteProducerOpened', { ...producerRef(publication), paused: publication.paused });
}

function openData(
  room: PublishingRoom,
  { dataPublications, ref }: RemotePeer,
  share: DataPublicationShare,
): void {
  if (dataPublications.has(share.id)) return;
  const publication = room.newDataPublication(ref, share);
  dataPublications.set(share.id, publication);
  room.published.data.opened(publication);
  const { id: dataProducerId, label } = share;
  room.events.emit('remoteDataProducerOpened', { ...ref, dataProducerId, label });
}
