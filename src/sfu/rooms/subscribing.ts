import type { types } from 'mediasoup';
import type { ConsumerEnd } from '../../core/ends.ts';
import { SfuError, toSfuError } from '../../core/errors.ts';
import { capabilitiesFor } from '../media/codecs.ts';
import { adopt, mediaCall } from '../media/media-call.ts';
import { undisguised } from '../quirks/telephone-events.ts';
import type { DataPublication, DataSubscription, Peer, Publication, Subscription } from './peer.ts';
import type { Room } from './room.ts';

/**
 * Offers a publication to a peer that takes what comes: the consumer is made paused, announced, and resumed once the
 * client has it, so that the first key frame is not sent into nothing.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#transport-consume
 */
export function offer(room: Room, peer: Peer, publication: Publication): void {
  if (!wants(peer, publication)) return;
  subscribe(room, peer, publication, { paused: true })
    .then((subscription) => introduce(room, subscription))
    .catch((error: unknown) => forgive(room, peer, error));
}

/** Offers everything that is there to a peer that just became able to receive. */
export function offerAll(room: Room, peer: Peer): void {
  for (const publication of room.publications) offer(room, peer, publication);
  for (const other of room.joinedPeers) {
    for (const publication of other.dataPublications.values()) offerData(room, peer, publication);
  }
}

/** Makes consumers, paused, of everything that a peer wants; what cannot be consumed is left out. */
export async function subscribeToAll(room: Room, peer: Peer): Promise<Subscription[]> {
  const wanted = room.publications.filter((publication) => wants(peer, publication));
  const subscribing = wanted.map((publication) =>
    subscribe(room, peer, publication, { paused: true }).catch((error: unknown) =>
      forgive(room, peer, error),
    ),
  );
  return (await Promise.all(subscribing)).filter((subscription) => subscription !== undefined);
}

export interface SubscribeOptions {
  readonly paused: boolean;
  /** Over this transport instead of the last one that was opened for consuming. */
  readonly transportId?: string;
  /** What the receiver of this one consumer can play, where it is not what its peer joined with. */
  readonly rtpCapabilities?: types.RtpCapabilities;
  /** The MID to send (RFC 9143), where the receiver's description gives one. */
  readonly mid?: string;
}

/** Makes a consumer. @throws SfuError wrong_state, forbidden, unsupported, gone */
export async function subscribe(
  room: Room,
  peer: Peer,
  publication: Publication,
  { paused, transportId, rtpCapabilities: own, mid }: SubscribeOptions,
): Promise<Subscription> {
  const joined = peer.requireJoined();
  const rtpCapabilities = own ?? joined.rtpCapabilities;
  const { producer } = publication;
  if (!peer.identity.grants.subscribe) {
    throw new SfuError('forbidden', 'your token does not let you receive; ask for one that grants subscribe');
  }
  const place = receivingPlace(peer, transportId);
  if (!rtpCapabilities && place.entry.type !== 'pipe')
    throw new SfuError('wrong_state', 'you joined without rtpCapabilities and cannot receive media');
  if (peer.receiving.has(producer.id)) throw new SfuError('wrong_state', 'you receive this producer already');
  peer.receiving.add(producer.id);
  try {
    const from = publication.peer.router;
    if (!from) throw new SfuError('gone', 'that producer has just ended');
    const producerId = await room.routers.pipe({
      producerId: producer.id,
      data: false,
      from,
      to: place.router,
    });
    const { transport } = place.entry;
    const appData = {
      ...producer.appData,
      peerId: publication.peer.id,
      source: producer.appData.source ?? publication.source,
    };
    const options = { producerId, appData };
    const consumer = await mediaCall(transport, 'consuming', () =>
      // A pipe takes every layer of every codec, and is never paused on its own.
      place.entry.type === 'pipe' || !rtpCapabilities
        ? (transport as types.PipeTransport).consume(options)
        : (transport as types.WebRtcTransport).consume({
            ...options,
            paused,
            mid,
            rtpCapabilities: capabilitiesFor(rtpCapabilities, publication.codec),
          }),
    );
    adopt(consumer, peer.joined && !producer.closed, 'the consumer');
    return keep(room, {
      peer,
      publication,
      consumer,
      rtpParameters: undisguised(consumer.rtpParameters),
      transportId: transport.id,
      openedAt: room.context.clock.now(),
    });
  } catch (error) {
    peer.receiving.delete(producer.id);
    throw error;
  }
}

export function closeSubscription(subscription: Subscription, by: 'peer' | 'moderator' | 'rejected'): void {
  subscription.ending ??= by;
  subscription.consumer.close();
}

/** @param by whoever is told in the event: the receiving peer itself, or someone with power over it */
export async function pauseSubscription(
  room: Room,
  subscription: Subscription,
  by: 'peer' | 'moderator' = 'peer',
): Promise<void> {
  const { consumer } = subscription;
  const wasPaused = consumer.paused;
  // The worker is asked in any case: a resume that is still on its way to it would otherwise win.
  await mediaCall(consumer, 'pausing the consumer', () => consumer.pause());
  if (!wasPaused) room.events.emit('consumerPaused', { ...refOf(subscription), by });
}

export async function resumeSubscription(
  room: Room,
  subscription: Subscription,
  by: 'peer' | 'moderator' = 'peer',
): Promise<void> {
  const { consumer } = subscription;
  const wasPaused = consumer.paused;
  await mediaCall(consumer, 'resuming the consumer', () => consumer.resume());
  if (wasPaused) room.events.emit('consumerResumed', { ...refOf(subscription), by });
}

/** As offer, for data: every joined peer with a receiving transport gets it, whatever media it can play. */
export function offerData(room: Room, peer: Peer, publication: DataPublication): void {
  if (!peer.link.offerDataConsumer) return;
  if (peer === publication.peer || !peer.joined || !peer.identity.grants.subscribe) return;
  // RTP without WebRTC carries no data.
  if (peer.consumingTransport()?.type !== 'webrtc' || peer.receiving.has(publication.dataProducer.id)) return;
  subscribeData(room, peer, publication)
    .then((subscription) => introduceData(subscription))
    .catch((error: unknown) => forgive(room, peer, error));
}

/** Makes a data consumer, paused: over that transport, or the last one that was opened for consuming. */
export async function subscribeData(
  room: Room,
  peer: Peer,
  publication: DataPublication,
  transportId?: string,
): Promise<DataSubscription> {
  const { dataProducer } = publication;
  const place = receivingPlace(peer, transportId);
  if (peer.receiving.has(dataProducer.id))
    throw new SfuError('wrong_state', 'you receive this data producer already');
  peer.receiving.add(dataProducer.id);
  try {
    const from = publication.peer.router;
    if (!from) throw new SfuError('gone', 'that data producer has just ended');
    const dataProducerId = await room.routers.pipe({
      producerId: dataProducer.id,
      data: true,
      from,
      to: place.router,
    });
    const { transport } = place.entry;
    const appData = { ...dataProducer.appData, peerId: publication.peer.id };
    const dataConsumer = await mediaCall(transport, 'consuming data', () =>
      transport.consumeData({ dataProducerId, paused: true, appData }),
    );
    adopt(dataConsumer, peer.joined && !dataProducer.closed, 'the data consumer');
    return keepData(room, {
      peer,
      publication,
      dataConsumer,
      transportId: transport.id,
      openedAt: room.context.clock.now(),
    });
  } catch (error) {
    peer.receiving.delete(dataProducer.id);
    throw error;
  }
}

function wants(peer: Peer, publication: Publication): boolean {
  const { state } = peer;
  if (!peer.link.offerConsumer) return false;
  if (state.name !== 'joined' || !state.autoSubscribe || !state.rtpCapabilities) return false;
  if (peer === publication.peer || !peer.identity.grants.subscribe) return false;
  return peer.consumingTransport() !== undefined && !peer.receiving.has(publication.producer.id);
}

function receivingPlace(peer: Peer, transportId?: string) {
  const entry = transportId === undefined ? peer.consumingTransport() : peer.transport(transportId);
  if (!entry?.consuming || !peer.router) {
    throw new SfuError('wrong_state', 'you have no transport for receiving; open one with consuming: true');
  }
  return { entry, router: peer.router };
}

async function introduce(room: Room, subscription: Subscription): Promise<void> {
  try {
    await subscription.peer.link.offerConsumer?.(subscription);
  } catch (error) {
    closeSubscription(subscription, 'rejected');
    throw error;
  }
  if (!subscription.consumer.closed) await resumeSubscription(room, subscription);
}

async function introduceData(subscription: DataSubscription): Promise<void> {
  const { peer, dataConsumer } = subscription;
  try {
    await peer.link.offerDataConsumer?.(subscription);
  } catch (error) {
    subscription.ending = 'rejected';
    dataConsumer.close();
    throw error;
  }
  if (!dataConsumer.closed)
    await mediaCall(dataConsumer, 'resuming the data consumer', () => dataConsumer.resume());
}

/** An offer that came to nothing harms nobody; what is not in the course of things is logged. */
function forgive(room: Room, peer: Peer, thrown: unknown): undefined {
  const error = toSfuError(thrown);
  if (peer.closed || error.code === 'gone' || error.code === 'unsupported' || error.code === 'wrong_state') {
    room.log.debug('a publication was not offered', { peerId: peer.id, error: error.reason });
  } else {
    room.log.warn('a publication could not be offered', { peerId: peer.id, error });
  }
}

function refOf({ peer, publication, consumer }: Subscription) {
  const { id: consumerId, kind } = consumer;
  const { id: producerId } = publication.producer;
  return { ...peer.ref, consumerId, producerId, kind, producerPeerId: publication.peer.id };
}

function keep(room: Room, subscription: Subscription): Subscription {
  const { peer, consumer } = subscription;
  const ref = refOf(subscription);
  peer.subscriptions.set(consumer.id, subscription);
  let cause: ConsumerEnd | undefined;
  consumer.on('producerclose', () => {
    cause = 'producer_closed';
  });
  consumer.on('transportclose', () => {
    cause = peer.closed ? 'peer_left' : 'transport_closed';
  });
  consumer.on('producerpause', () => room.events.emit('consumerPaused', { ...ref, by: 'producer' }));
  consumer.on('producerresume', () => room.events.emit('consumerResumed', { ...ref, by: 'producer' }));
  consumer.on('score', (score) => room.events.emit('consumerScore', { ...ref, score }));
  consumer.on('layerschange', (layers) => room.events.emit('consumerLayers', { ...ref, layers }));
  const ended = () => {
    if (!peer.subscriptions.delete(consumer.id)) return;
    peer.receiving.delete(subscription.publication.producer.id);
    room.events.emit('consumerClosed', { ...ref, reason: cause ?? subscription.ending ?? 'producer_closed' });
  };
  consumer.observer.once('close', ended);
  const { codec } = subscription.publication;
  room.events.emit('consumerOpened', { ...ref, type: consumer.type, codec });
  return subscription;
}

function keepData(room: Room, subscription: DataSubscription): DataSubscription {
  const { peer, publication, dataConsumer } = subscription;
  const { id: dataConsumerId, dataProducerId, label } = dataConsumer;
  const ref = { ...peer.ref, dataConsumerId, dataProducerId };
  peer.dataSubscriptions.set(dataConsumerId, subscription);
  dataConsumer.observer.once('close', () => {
    peer.dataSubscriptions.delete(dataConsumerId);
    peer.receiving.delete(dataProducerId);
    const own: ConsumerEnd = publication.dataProducer.closed ? 'producer_closed' : 'transport_closed';
    room.events.emit('dataConsumerClosed', {
      ...ref,
      reason: peer.closed ? 'peer_left' : (subscription.ending ?? own),
    });
  });
  room.events.emit('dataConsumerOpened', { ...ref, label });
  return subscription;
}
