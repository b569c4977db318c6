import type { types } from 'mediasoup';
import type { ConsumerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import { adopt, mediaCall, readStatistics } from '../media/media-call.ts';
import { effectiveLimit } from '../quirks/zero-limits.ts';
import type { DataSubscription, LocalDataPublication, Peer } from './peer.ts';
import type { DataDelivery, DataPublication } from './publication.ts';
import type { Room } from './room.ts';
import { receivingPlace } from './subscribing.ts';

/** Makes a data consumer, paused: over that transport, or the last one that was opened for consuming. */
export async function subscribeData(
  room: Room,
  peer: Peer,
  publication: DataPublication,
  transportId?: string,
): Promise<DataSubscription> {
  const { info, handle } = publication;
  const place = receivingPlace(peer, transportId);
  if (peer.receiving.has(info.id))
    throw new SfuError('wrong_state', 'you receive this data producer already');
  peer.receiving.set(info.id, publication);
  try {
    const dataProducerId = await handle.bring(place.router);
    const { transport } = place.entry;
    const appData = { ...info.appData, peerId: info.peerId };
    // What came over the bus has none of its own here.
    const options = { dataProducerId, paused: true, appData, ...deliveryOptions(info.delivery) };
    const dataConsumer = await mediaCall(transport, 'consuming data', () => transport.consumeData(options));
    adopt(dataConsumer, peer.joined && !handle.closed, 'the data consumer');
    return keepData(room, {
      peer,
      publication,
      dataConsumer,
      transportId: transport.id,
      openedAt: room.context.clock.now(),
    });
  } catch (error) {
    peer.receiving.delete(info.id);
    throw error;
  }
}

function keepData(room: Room, subscription: DataSubscription): DataSubscription {
  const { peer, publication, dataConsumer } = subscription;
  const { id: dataConsumerId, label } = dataConsumer;
  const { id: dataProducerId } = publication.info;
  const ref = { ...peer.ref, dataConsumerId, dataProducerId };
  peer.dataSubscriptions.set(dataConsumerId, subscription);
  const stopCounting = isLocal(publication) ? publication.peer.traces.add('consumers') : undefined;
  peer.media.add({
    ...peer.ref,
    object: 'dataConsumer',
    id: dataConsumerId,
    transportId: subscription.transportId,
    worker: peer.router?.live.index ?? 0,
    state: () => ({ label }),
    statistics: () => readStatistics(dataConsumer),
  });
  dataConsumer.observer.once('close', () => {
    peer.dataSubscriptions.delete(dataConsumerId);
    peer.media.remove(dataConsumerId);
    stopCounting?.();
    peer.receiving.delete(dataProducerId);
    publication.audience.settle(peer.sessionId);
    const own: ConsumerEnd = publication.handle.closed ? 'producer_closed' : 'transport_closed';
    room.events.emit('dataConsumerClosed', {
      ...ref,
      reason: peer.closed ? 'peer_left' : (subscription.ending ?? own),
    });
    publication.handle.forgotten?.();
  });
  room.events.emit('dataConsumerOpened', { ...ref, label });
  return subscription;
}

/** Data is received from now on, or as soon as the data channels of the transport are connected (SCTP). */
export function settleAudience({ peer, publication, dataConsumer, transportId }: DataSubscription): void {
  const { transport } = peer.transports.get(transportId) ?? {};
  if (transport?.type !== 'webrtc') return;
  const settle = () => publication.audience.settle(peer.sessionId);
  if (transport.sctpState === 'connected') return settle();
  const follow = (state: types.SctpState) => state === 'connected' && settle();
  transport.on('sctpstatechange', follow);
  dataConsumer.observer.once('close', () => transport.off('sctpstatechange', follow));
}

function deliveryOptions({ ordered, maxPacketLifeTime, maxRetransmits }: DataDelivery) {
  return {
    ordered,
    ...(maxPacketLifeTime !== null && { maxPacketLifeTime: effectiveLimit(maxPacketLifeTime) }),
    ...(maxRetransmits !== null && { maxRetransmits: effectiveLimit(maxRetransmits) }),
  };
}

function isLocal(publication: DataPublication): publication is LocalDataPublication {
  return 'dataProducer' in publication;
}
