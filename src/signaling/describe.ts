import type { Static } from '@sinclair/typebox';
import type { IceServers } from '../access/ice-servers.ts';
import { iceCandidates } from '../sfu/rooms/candidates.ts';
import type { DataSubscription, Peer, Subscription, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { ConsumerInfo, DataConsumerInfo, TransportInfo } from './media-schemas.ts';
import type { PeerInfo } from './peer-schemas.ts';

/** A transport, with everything that its client needs to create its own side. */
export function describeTransport(
  room: Room,
  entry: WebRtcPeerTransport,
  iceServers: IceServers,
): Static<typeof TransportInfo> {
  const { id, iceParameters, dtlsParameters, sctpParameters } = entry.transport;
  if (!sctpParameters) throw new Error('mediasoup opened a transport without SCTP');
  return {
    id,
    iceParameters,
    iceCandidates: iceCandidates(room, entry),
    dtlsParameters,
    sctpParameters,
    ...(iceServers.length > 0 && { iceServers }),
  };
}

/** A peer as other clients see it, on whatever node it is. */
export function describePeer({
  id,
  displayName,
  device,
  handRaisedAt,
  away,
  metadata,
  attributes,
  quality,
  unreachable = [],
}: Pick<
  Peer,
  'id' | 'displayName' | 'device' | 'handRaisedAt' | 'away' | 'metadata' | 'attributes' | 'quality'
> &
  Partial<Pick<RemotePeer, 'unreachable'>>): Static<typeof PeerInfo> {
  return {
    ...{ id, peerId: id, displayName, device },
    ...(handRaisedAt !== null && { handRaisedAt }),
    ...(away && { away }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(quality.level !== 'unknown' && { quality }),
    ...(unreachable.length > 0 && { unreachable: [...unreachable] }),
  };
}

/** The others of whom a client is told. One that is told of each by itself knows a small audience, too. */
export function knownTo(
  room: Room,
  peer: Peer,
  { takesRoster }: { takesRoster: boolean },
): (Peer | RemotePeer)[] {
  const listed = room.othersOf(peer);
  if (takesRoster) return listed;
  const here = [...room.attendance.announced].filter((other) => other !== peer);
  return [...listed, ...here, ...(room.mesh?.roster.seats.announced ?? [])];
}

/** Those that were made and have not ended meanwhile. */
export function describeConsumers(made: readonly Subscription[]): Static<typeof ConsumerInfo>[] {
  return made.filter(({ consumer }) => !consumer.closed).map(describeConsumer);
}

/** A consumer as its client sees it. */
export function describeConsumer({
  publication,
  consumer,
  rtpParameters,
  transportId,
}: Subscription): Static<typeof ConsumerInfo> {
  const { id, kind, type, appData, producerPaused, score } = consumer;
  const { id: producerId, peerId, replaces } = publication.info;
  return {
    ...(replaces && { replaces }),
    peerId,
    producerId,
    id,
    transportId,
    kind,
    rtpParameters,
    type,
    appData,
    producerPaused,
    consumerScore: score,
  };
}

export function describeDataConsumer(subscription: DataSubscription): Static<typeof DataConsumerInfo> {
  const { publication, dataConsumer, transportId } = subscription;
  const { id, sctpStreamParameters, label, protocol, appData } = dataConsumer;
  const { id: dataProducerId, peerId } = publication.info;
  if (!sctpStreamParameters) throw new Error('mediasoup gave a data consumer without SCTP stream parameters');
  return {
    peerId,
    transportId,
    dataProducerId,
    id,
    sctpStreamParameters,
    label,
    protocol,
    appData,
  };
}
