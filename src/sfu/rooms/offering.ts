import { SfuError, toSfuError } from '../../core/errors.ts';
import { mediaCall } from '../media/media-call.ts';
import type { DataSubscription, Peer, Subscription } from './peer.ts';
import type { DataPublication, Publication } from './publication.ts';
import type { Room } from './room.ts';
import { closeSubscription, startSubscription, subscribe } from './subscribing.ts';
import { settleAudience, subscribeData } from './subscribing-data.ts';
import { Unanswered } from './unanswered.ts';
import { inOrder, isUnwanted, takes, watchedOf } from './watching.ts';

/** How long the reply of a fast join waits for media of other nodes. */
const remoteTimeoutMs = 500;

/**
 * Offers a publication to a peer that takes what comes: the consumer is made paused, announced, and resumed once the
 * client has it, so that the first key frame is not sent into nothing.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#transport-consume
 */
export function offer(room: Room, peer: Peer, publication: Publication): void {
  if (!wants(peer, publication)) return;
  make(room, peer, publication)
    .then((subscription) => introduce(room, subscription))
    .catch((error: unknown) => logFailedOffer(room, peer, error));
}

/** Offers a publication to everyone on this node who takes what comes. */
export function offerToAll(room: Room, publication: Publication): void {
  for (const peer of room.joinedPeers) offer(room, peer, publication);
}

export function offerDataToAll(room: Room, publication: DataPublication): void {
  for (const peer of room.joinedPeers) offerData(room, peer, publication);
}

/** Offers everything that is there to a peer that just became able to receive. */
export function offerAll(room: Room, peer: Peer): void {
  const { state } = peer;
  if (state.name !== 'joined') return;
  for (const publication of inOrder(state, room.publications)) offer(room, peer, publication);
  for (const publication of room.dataPublications) offerData(room, peer, publication);
}

/**
 * A peer receives these videos and no others, until it says something else.
 * @returns as subscribeToAll; what another call is making already is not among them
 */
export async function watch(room: Room, peer: Peer, producerIds: readonly string[]): Promise<Subscription[]> {
  const state = peer.requireJoined();
  state.watched = watchedOf(room, producerIds);
  for (const subscription of [...peer.subscriptions.values()])
    if (isUnwanted(state, subscription.publication.info)) closeSubscription(subscription, 'peer');
  const chosen = [...new Set(producerIds)].flatMap((id) => room.findPublication(id) ?? []);
  const videos = chosen.filter(({ info }) => info.kind === 'video');
  return await subscribeToAll(room, peer, videos);
}

/**
 * Makes consumers, paused, of everything that a peer wants; what cannot be consumed is left out. What another node does
 * not send soon is offered once it has come.
 */
export async function subscribeToAll(
  room: Room,
  peer: Peer,
  publications: readonly Publication[] = inOrder(peer.requireJoined(), room.publications),
): Promise<Subscription[]> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = room.context.clock.after(remoteTimeoutMs, () => resolve(undefined));
  const bring = async (publication: Publication) => {
    const made = make(room, peer, publication);
    const inTime = await (publication.handle.remote ? Promise.race([made, late]) : made);
    if (!inTime)
      made
        .then((subscription) => introduce(room, subscription))
        .catch((error: unknown) => logFailedOffer(room, peer, error));
    return inTime;
  };
  // One after the other: each that is begun counts for the next.
  const subscribing = publications.flatMap((publication) =>
    wants(peer, publication) ? [bring(publication)] : [],
  );
  const settled = subscribing.map((one) => one.catch((error: unknown) => logFailedOffer(room, peer, error)));
  const subscriptions = await Promise.all(settled);
  cancel();
  return subscriptions.filter((subscription) => subscription !== undefined);
}

/** As offer, for data: every joined peer with a receiving transport gets it, whatever media it can play. */
export function offerData(room: Room, peer: Peer, publication: DataPublication): void {
  const { peerId, id, offered } = publication.info;
  if (!offered || peerId === peer.id || !peer.joined || !peer.takesData) return;
  // RTP without WebRTC carries no data.
  if (peer.consumingTransport()?.type !== 'webrtc' || peer.receiving.has(id)) return;
  publication.audience.expect(peer.sessionId);
  subscribeData(room, peer, publication)
    .then((subscription) => introduceData(room, subscription))
    .catch((error: unknown) => {
      publication.audience.settle(peer.sessionId);
      logFailedOffer(room, peer, error);
    });
}

function wants(peer: Peer, publication: Publication): boolean {
  const { state } = peer;
  if (!peer.link.offerConsumer) return false;
  if (state.name !== 'joined' || !state.rtpCapabilities || !takes(peer, state, publication.info))
    return false;
  const { peerId, id } = publication.info;
  // Its own session on another node, which it moves away from, is not for it either.
  if (peerId === peer.id || !peer.identity.grants.subscribe) return false;
  return peer.consumingTransport() !== undefined && !peer.receiving.has(id);
}

/** Makes a consumer that is started later. @throws SfuError, also when its peer does not want it any more */
async function make(room: Room, peer: Peer, publication: Publication): Promise<Subscription> {
  const subscription = await subscribe(room, peer, publication, { paused: true, startsLater: true });
  if (!isUnwanted(peer.requireJoined(), publication.info)) return subscription;
  closeSubscription(subscription, 'peer');
  throw new SfuError('gone', 'you watch other videos by now');
}

async function introduce(room: Room, subscription: Subscription): Promise<void> {
  try {
    await subscription.peer.link.offerConsumer?.(subscription);
  } catch (error) {
    closeSubscription(subscription, endOf(error));
    const { peer, publication } = subscription;
    offerAgain(error, () => !publication.handle.closed && offer(room, peer, publication));
    throw error;
  }
  await startSubscription(room, subscription);
}

function endOf(error: unknown): 'rejected' | 'unanswered' {
  return error instanceof Unanswered ? 'unanswered' : 'rejected';
}

/** A client that slept, or was held up, is told that what it was offered has ended. It gets another once it is back. */
function offerAgain(error: unknown, again: () => void): void {
  if (error instanceof Unanswered) void error.accepted.then(again);
}

async function introduceData(room: Room, subscription: DataSubscription): Promise<void> {
  const { peer, dataConsumer } = subscription;
  try {
    await peer.link.offerDataConsumer?.(subscription);
  } catch (error) {
    subscription.ending = endOf(error);
    peer.media.ending(dataConsumer.id);
    dataConsumer.close();
    const { publication } = subscription;
    offerAgain(error, () => !publication.handle.closed && offerData(room, peer, publication));
    throw error;
  }
  if (dataConsumer.closed) return;
  await mediaCall(dataConsumer, 'resuming the data consumer', () => dataConsumer.resume());
  settleAudience(subscription);
}

/** Logs a failed offer: as a warning only where it was not to be expected. */
function logFailedOffer(room: Room, peer: Peer, thrown: unknown): undefined {
  const error = toSfuError(thrown);
  if (peer.closed || error.code === 'gone' || error.code === 'unsupported' || error.code === 'wrong_state') {
    room.log.debug('a publication was not offered', { peerId: peer.id, error: error.reason });
  } else {
    room.log.warn('a publication could not be offered', { peerId: peer.id, error });
  }
}
