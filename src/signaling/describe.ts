import type { Static } from '@sinclair/typebox';
import type { DataSubscription, Peer, Subscription } from '../sfu/peer.ts';
import type { ConsumerInfo, DataConsumerInfo, PeerInfo } from './wire.ts';

/** A peer as others are told of it. */
export function describePeer({ id, displayName, device }: Peer): Static<typeof PeerInfo> {
  return { id, peerId: id, displayName, device };
}

/** A consumer as its client is told of it. */
export function describeConsumer({
  publication,
  consumer,
  transportId,
}: Subscription): Static<typeof ConsumerInfo> {
  const { id, producerId, kind, rtpParameters, type, appData, producerPaused, score } = consumer;
  const peerId = publication.peer.id;
  return {
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
  const { id, dataProducerId, sctpStreamParameters, label, protocol, appData } = dataConsumer;
  if (!sctpStreamParameters) throw new Error('mediasoup gave a data consumer without SCTP stream parameters');
  return {
    peerId: publication.peer.id,
    transportId,
    dataProducerId,
    id,
    sctpStreamParameters,
    label,
    protocol,
    appData,
  };
}
