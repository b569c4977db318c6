import type { types } from 'mediasoup';
import type { ConsumerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import { adopt, mediaCall, readStatistics } from '../media/media-call.ts';
import { capabilitiesFor } from '../quirks/consumer-capabilities.ts';
import { undisguised } from '../quirks/telephone-events.ts';
import type { MediaObject } from './media-index.ts';
import type { LocalPublication, Peer, Subscription } from './peer.ts';
import type { Publication } from './publication.ts';
import type { Room } from './room.ts';
import { followThinDownlink } from './thin-downlink.ts';

export interface SubscribeOptions {
  readonly paused: boolean;
  /** Over this transport instead of the last one that was opened for consuming. */
  readonly transportId?: string;
  /** What the receiver of this one consumer can play, where it is not what its peer joined with. */
  readonly rtpCapabilities?: types.RtpCapabilities;
  /** It is started by itself, by `startSubscription`, once its client has it. */
  readonly startsLater?: boolean;
  /** The MID to send (RFC 9143), where the receiver's description gives one. */
  readonly mid?: string;
  /** Its media was lost on the way from another node, or with that node, and may come again. */
  readonly onLost?: (subscription: Subscription) => void;
}

/** Makes a consumer. @throws SfuError wrong_state, forbidden, unsupported, gone */
export async function subscribe(
  room: Room,
  peer: Peer,
  publication: Publication,
  { paused, transportId, rtpCapabilities: own, mid, startsLater = false, onLost }: SubscribeOptions,
): Promise<Subscription> {
  const joined = peer.requireJoined();
  const rtpCapabilities = own ?? joined.rtpCapabilities;
  const { info, handle } = publication;
  if (!peer.identity.grants.subscribe) {
    throw new SfuError('forbidden', 'your token does not let you receive; ask for one that grants subscribe');
  }
  const place = receivingPlace(peer, transportId);
  if (!rtpCapabilities && place.entry.type !== 'pipe')
    throw new SfuError('wrong_state', 'you joined without rtpCapabilities and cannot receive media');
  if (peer.receiving.has(info.id)) throw new SfuError('wrong_state', 'you receive this producer already');
  peer.receiving.set(info.id, publication);
  try {
    const producerId = await handle.bring(place.router);
    const { transport } = place.entry;
    const appData = { ...info.appData, peerId: info.peerId, source: info.appData.source ?? info.source };
    const options = { producerId, appData };
    const consumer = await mediaCall(transport, 'consuming', () =>
      // A pipe takes every layer of every codec, and is never paused on its own.
      place.entry.type === 'pipe' || !rtpCapabilities
        ? (transport as types.PipeTransport).consume(options)
        : (transport as types.WebRtcTransport).consume({
            ...options,
            paused,
            mid,
            rtpCapabilities: capabilitiesFor(rtpCapabilities, info.codec),
          }),
    );
    adopt(consumer, peer.joined && !handle.closed, 'the consumer');
    const subscription: Subscription = {
      peer,
      publication,
      consumer,
      rtpParameters: undisguised(consumer.rtpParameters),
      transportId: transport.id,
      openedAt: room.context.clock.now(),
      start: startsLater ? 'waiting' : undefined,
      held: consumer.paused,
    };
    keep(room, subscription);
    if (onLost) followLoss(subscription, onLost);
    return subscription;
  } catch (error) {
    peer.receiving.delete(info.id);
    handle.remote?.missed(error);
    throw error;
  }
}

export function closeSubscription(subscription: Subscription, by: NonNullable<Subscription['ending']>): void {
  subscription.ending ??= by;
  subscription.peer.media.ending(subscription.consumer.id);
  subscription.consumer.close();
}

/** @param by who the event names: the receiving peer itself, or a moderator */
export async function pauseSubscription(
  room: Room,
  subscription: Subscription,
  by: 'peer' | 'moderator' = 'peer',
): Promise<void> {
  const { consumer, held } = subscription;
  // One that is about to start is as good as running for whoever pauses it.
  const wasPaused = held && subscription.start !== 'waiting';
  if (subscription.start === 'waiting' || (subscription.start && by === 'moderator')) subscription.start = by;
  subscription.held = true;
  // The worker is asked in any case: a resume that is still on its way to it would otherwise win.
  await mediaCall(consumer, 'pausing the consumer', () => consumer.pause());
  subscription.publication.handle.remote?.changed();
  if (!wasPaused) room.events.emit('consumerPaused', { ...refOf(subscription), by });
}

export async function resumeSubscription(
  room: Room,
  subscription: Subscription,
  by: 'peer' | 'moderator' = 'peer',
): Promise<void> {
  const { consumer, held } = subscription;
  subscription.start = undefined;
  subscription.held = false;
  await mediaCall(consumer, 'resuming the consumer', () => consumer.resume());
  subscription.publication.handle.remote?.changed();
  if (held) room.events.emit('consumerResumed', { ...refOf(subscription), by });
}

/**
 * The client has what it was offered: starts it, unless it was paused meanwhile.
 * @param asked the peer itself wants all of them started, which is newer than a pause of its own
 */
export async function startSubscription(
  room: Room,
  subscription: Subscription,
  { asked = false }: { asked?: boolean } = {},
): Promise<void> {
  const { start, consumer } = subscription;
  if (consumer.closed || start === undefined) return;
  if (start === 'waiting' || (asked && start === 'peer')) await resumeSubscription(room, subscription);
  // Whoever asks again after this one means it.
  else subscription.start = undefined;
}

/** Where a peer receives: over that transport, or the last one that was opened for consuming. @throws SfuError wrong_state */
export function receivingPlace(peer: Peer, transportId?: string) {
  const entry = transportId === undefined ? peer.consumingTransport() : peer.transport(transportId);
  if (!entry?.consuming || !peer.router) {
    throw new SfuError('wrong_state', 'you have no transport for receiving; open one with consuming: true');
  }
  return { entry, router: peer.router };
}

function refOf({ peer, publication, consumer }: Subscription) {
  const { id: consumerId, kind } = consumer;
  const { id: producerId, peerId: producerPeerId } = publication.info;
  return { ...peer.ref, consumerId, producerId, kind, producerPeerId };
}

/** A consumer that ends with its producer here, although that was not ended at its origin, has lost its media. */
function followLoss(subscription: Subscription, onLost: NonNullable<SubscribeOptions['onLost']>): void {
  const { consumer, publication, peer } = subscription;
  consumer.on('producerclose', () => {
    const { remote, closed, mayReturn } = publication.handle;
    if (remote && (!closed || mayReturn) && peer.joined) onLost(subscription);
  });
}

function keep(room: Room, subscription: Subscription): void {
  const { peer, consumer, publication } = subscription;
  const ref = refOf(subscription);
  peer.subscriptions.set(consumer.id, subscription);
  const stopCounting = receive(subscription);
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
  consumer.observer.once('close', () => {
    if (!peer.subscriptions.delete(consumer.id)) return;
    peer.media.remove(consumer.id);
    peer.receiving.delete(publication.info.id);
    stopCounting();
    room.events.emit('consumerClosed', { ...ref, reason: cause ?? subscription.ending ?? 'producer_closed' });
  });
  followThinDownlink(subscription, room.context.clock);
  peer.media.add(consumerObject(subscription));
  room.events.emit('consumerOpened', { ...ref, type: consumer.type, codec: publication.info.codec });
}

function consumerObject({ peer, consumer, publication, transportId }: Subscription): MediaObject<'consumer'> {
  const { kind, codec, rtpParameters } = publication.info;
  const coding = { kind, codec, clockRate: rtpParameters.codecs[0]?.clockRate ?? 90_000 };
  const { type } = consumer;
  return {
    ...peer.ref,
    object: 'consumer',
    id: consumer.id,
    transportId,
    worker: peer.router?.live.index ?? 0,
    state: () => ({
      coding,
      type,
      paused: consumer.paused,
      producerPaused: consumer.producerPaused,
      preferredLayers: consumer.preferredLayers ?? null,
      currentLayers: consumer.currentLayers ?? null,
    }),
    statistics: () => readStatistics(consumer),
  };
}

/** Counts a receiver. @returns what ends the counting */
function receive(subscription: Subscription): () => void {
  const { publication, consumer } = subscription;
  if (!isLocal(publication)) {
    const { remote } = publication.handle;
    remote?.received(consumer);
    return () => remote?.forgotten(consumer);
  }
  publication.receivers.add(subscription);
  const gone = publication.peer.traces.add('consumers');
  return () => {
    publication.receivers.delete(subscription);
    gone();
  };
}

function isLocal(publication: Publication): publication is LocalPublication {
  return 'receivers' in publication;
}
