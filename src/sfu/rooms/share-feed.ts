import type { PeerRef, SfuBus } from '../events.ts';
import { takesMessages } from './messaging.ts';
import type { LocalDataPublication, LocalPublication, Peer } from './peer.ts';
import type { DataPublicationShare, PeerShare, PublicationShare, ShareChange } from './share.ts';

type Listener = (roomId: string, change: ShareChange) => void;

/** The events after which a peer is described again. */
const changing = [
  'peerConnected',
  'peerJoined',
  'peerRenamed',
  'peerListed',
  'peerHand',
  'peerQuality',
  'peerAway',
  'peerBack',
  'peerRejoin',
  'peerRejoined',
  'peerMovedHere',
  'peerMetadataChanged',
  'peerAttributesChanged',
  'peerPermissionsChanged',
  'producerOpened',
  'producerPaused',
  'producerResumed',
  'producerAllowed',
  'producerClosed',
  'dataProducerOpened',
  'dataProducerClosed',
] as const;

export interface ShareFeedOptions {
  readonly events: SfuBus;
  readonly find: (ref: PeerRef) => Peer | undefined;
  readonly listener: Listener;
}

/** Tells how the peers of this node change, each at most once at the end of a moment. @returns what ends it */
export function feedShares({ events, find, listener }: ShareFeedOptions): () => void {
  const changed = new Map<string, PeerRef>();
  const flush = () => {
    const refs = [...changed.values()];
    changed.clear();
    for (const ref of refs) {
      const peer = find(ref);
      if (peer) listener(ref.roomId, { op: 'put', peer: shareOf(peer) });
    }
  };
  const note = (ref: PeerRef) => {
    if (changed.size === 0) queueMicrotask(flush);
    changed.set(ref.sessionId, ref);
  };
  const stops = changing.map((name) => events.on(name, note));
  const stopLeaving = events.on('peerLeft', ({ roomId, peerId, sessionId, reason }) => {
    changed.delete(sessionId);
    listener(roomId, { op: 'drop', sessionId, peerId, reason });
  });
  const stopDeparting = events.on('peerDeparted', ({ roomId, peerId, sessionId }) => {
    changed.delete(sessionId);
    listener(roomId, { op: 'drop', sessionId, peerId, reason: 'moved' });
  });
  return () => {
    stopLeaving();
    stopDeparting();
    for (const stop of stops) stop();
  };
}

/** What this node says of one of its peers. */
export function shareOf(peer: Peer): PeerShare {
  const {
    identity,
    joinedAt = null,
    sessionId,
    epoch,
    displayName,
    device,
    hidden,
    metadata,
    attributes,
    connectedAt,
    handRaisedAt,
    publish,
    stopped,
    origin,
    quality,
  } = peer;
  return {
    peerId: peer.id,
    sessionId,
    epoch,
    subject: identity.subject,
    program: identity.program ?? null,
    state: peer.joined ? 'joined' : 'connected',
    displayName,
    device,
    hidden,
    metadata,
    attributes,
    connectedAt,
    joinedAt,
    handRaisedAt,
    publish,
    stopped,
    standing: peer.standing,
    away: peer.away,
    ...(origin && { supersedes: origin.sessionId }),
    takesMessages: takesMessages(peer),
    quality,
    publications: [...peer.publications.values()].map(publicationShare),
    dataPublications: [...peer.dataPublications.values()].map(dataPublicationShare),
  };
}

function publicationShare({ info, producer }: LocalPublication): PublicationShare {
  const { id, kind, source, type, codec, rtpParameters, appData, openedAt, pausedBy, replaces } = info;
  const consumable = producer.consumableRtpParameters;
  const plain = { id, kind, source, type, codec, rtpParameters, consumable, appData, openedAt };
  return { ...plain, pausedBy: [...pausedBy], ...(replaces !== undefined && { replaces }) };
}

function dataPublicationShare({ info }: LocalDataPublication): DataPublicationShare {
  const { id, label, protocol, appData, openedAt, delivery, offered } = info;
  return { id, label, protocol, appData, openedAt, delivery, offered };
}
