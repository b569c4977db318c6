import type { types } from 'mediasoup';
import { type Actor, serverActor } from '../../core/actors.ts';
import type { ProducerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Published } from '../../core/grants.ts';
import { type Source, sourceOf } from '../../core/sources.ts';
import { codecOf } from '../media/codecs.ts';
import { adopt, mediaCall, readStatistics } from '../media/media-call.ts';
import type { RoomRouter } from '../media/routers.ts';
import { shareConsumable } from '../quirks/consumable-parameters.ts';
import { disguised } from '../quirks/telephone-events.ts';
import { list } from './attendance.ts';
import { observe } from './observing.ts';
import { offerToAll } from './offering.ts';
import type { LocalPublication, Peer, PeerTransport } from './peer.ts';
import type { Holder, PublicationHandle } from './publication.ts';
import type { Room } from './room.ts';

type AppData = Record<string, unknown>;

/**
 * After a key frame was asked for, the next one is asked for so many milliseconds later at the earliest. Who comes first has
 * it at once; all who come meanwhile share the next, so that many who turn to a video at about the same time cost its sender
 * two key frames, and not one for each. Pipes to other workers and nodes ask this producer, and need no delay of their own.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#ProducerOptions (keyFrameRequestDelay)
 */
export const keyFrameRequestDelay = 250;

export interface PublishRequest {
  transportId: string;
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
  paused: boolean;
  appData: AppData;
  /** Of a peer that moves here: its producer on the other node that this one goes on with. */
  replaces?: string;
}

/** Takes a track from a peer and offers it to the others. @throws SfuError forbidden, limit_reached, media_rejected */
export async function publish(room: Room, peer: Peer, request: PublishRequest): Promise<LocalPublication> {
  const source = sourceOf(request.kind, request.appData);
  const published = { kind: request.kind, source };
  const entry = publishingTransport(peer, request.transportId, published);
  const { maxProducersPerPeer } = room.context.settings;
  if (peer.publications.size >= maxProducersPerPeer) {
    throw new SfuError('limit_reached', `a peer may have ${maxProducersPerPeer} producers; close one first`);
  }
  const { kind, rtpParameters, appData } = request;
  // What is muted comes muted, however often its owner makes it again.
  const muted = room.restrictions.mutedBy(peer.identity.subject, published) !== undefined;
  const paused = request.paused || muted;
  const producer = await mediaCall(entry.transport, 'producing', () =>
    entry.transport.produce({
      ...{ kind, rtpParameters: disguised(rtpParameters), paused, appData },
      keyFrameRequestDelay,
    }),
  );
  adopt(producer, peer.joined && peer.mayPublish(published), 'the producer');
  shareConsumable(producer);
  list(room, peer);
  const { id: transportId } = entry.transport;
  const replaces = peer.passage && request.replaces;
  const made = { producer, source, rtpParameters, transportId, replaces };
  const publication = keepProducer(room, peer, made);
  if (peer.passage?.to === 'here') {
    if (muted) publication.pausedBy.add('moderator').add('peer');
    peer.passage.told.push(() => void tell(room, publication));
  } else await tell(room, publication);
  return publication;
}

/** Tells that it is there, and offers it to the others. */
async function tell(room: Room, publication: LocalPublication): Promise<void> {
  const { producer, info } = publication;
  if (producer.closed) return;
  const { paused } = producer;
  room.events.emit('producerOpened', { ...refOf(publication), paused, codec: info.codec });
  await keepMuted(room, publication);
  observe(room, publication);
  offerToAll(room, publication);
}

/** A mute may have come while the producer was made. */
async function keepMuted(room: Room, publication: LocalPublication): Promise<void> {
  const { peer, info } = publication;
  const by = room.restrictions.mutedBy(peer.identity.subject, info);
  if (!by) return;
  publication.pausedBy.add('moderator').add('peer');
  await pause(room, publication, by);
}

interface Made {
  readonly producer: types.Producer;
  readonly source: Source;
  readonly rtpParameters: types.RtpParameters;
  readonly transportId: string;
  readonly replaces?: string;
}

/** Makes a producer a publication of its peer, until it closes. */
export function keepProducer(
  room: Room,
  peer: Peer,
  { producer, source, rtpParameters, transportId, replaces }: Made,
): LocalPublication {
  const { id, kind, type } = producer;
  const pausedBy = new Set<Holder>(producer.paused ? ['peer'] : []);
  const codec = codecOf(rtpParameters);
  const openedAt = room.context.clock.now();
  const { appData } = producer;
  const publication: LocalPublication = {
    info: {
      ...peer.ref,
      id,
      kind,
      source,
      type,
      codec,
      rtpParameters,
      appData,
      openedAt,
      pausedBy,
      replaces,
    },
    handle: handleOf(room, peer, producer),
    peer,
    producer,
    transportId,
    pausedBy,
    receivers: new Set(),
  };
  peer.publications.set(id, publication);
  room.published.media.set(id, publication);
  follow(room, publication);
  return publication;
}

/** Media on a router of this node, from which it is piped to others. */
function handleOf(room: Room, peer: Peer, producer: types.Producer): PublicationHandle {
  const { id } = producer;
  return {
    get closed() {
      return producer.closed;
    },
    bring: (to) => bring(room, peer, { id, data: false, to }),
    canBePlayed: (rtpCapabilities) =>
      peer.router?.router.canConsume({ producerId: id, rtpCapabilities }) ?? false,
    consumableCodecs: producer.consumableRtpParameters.codecs,
    statistics: () => readStatistics(producer),
    onClose: (listener) => void producer.observer.once('close', listener),
  };
}

/** Makes what a peer on this node publishes available on a router. @throws SfuError gone */
export async function bring(
  room: Room,
  peer: Peer,
  { id, data, to }: { id: string; data: boolean; to: RoomRouter },
): Promise<string> {
  const from = peer.router;
  if (!from) throw new SfuError('gone', 'that producer has just ended');
  return await room.routers.pipe({ producerId: id, data, from, to });
}

/** Ends a publication. Its receivers are notified, and its owner when somebody else ended it. */
export function closePublication(publication: LocalPublication, reason: ProducerEnd, by: Actor): void {
  publication.ending ??= { reason, by };
  publication.peer.announceEnd(publication);
  publication.producer.close();
}

/** The peer itself pauses what it sends. */
export async function pausePublication(room: Room, publication: LocalPublication): Promise<void> {
  if (publication.pausedBy.has('peer')) return;
  publication.pausedBy.add('peer');
  await pause(room, publication, { kind: 'peer', id: publication.peer.id });
}

/** @throws SfuError forbidden while a moderator holds it */
export async function resumePublication(room: Room, publication: LocalPublication): Promise<void> {
  const { producer, pausedBy, peer } = publication;
  if (pausedBy.has('moderator')) {
    throw new SfuError('forbidden', 'a moderator muted this; you can resume it once a moderator allows it');
  }
  if (!pausedBy.delete('peer')) return;
  await mediaCall(producer, 'resuming the producer', () => producer.resume());
  // A pause that came meanwhile has reached the worker later, and emitted its own event.
  if (pausedBy.size === 0)
    room.events.emit('producerResumed', { ...refOf(publication), by: { kind: 'peer', id: peer.id } });
}

/**
 * A moderator mutes what a subject sends from one source. It stays paused after the moderator allows it again, until the
 * peer resumes it by itself: nobody's microphone is opened by somebody else.
 */
export async function muteSource(room: Room, { subject, source, by }: SubjectSource): Promise<void> {
  room.restrictions.mute(subject, source, by);
  await Promise.all(
    publicationsOf(room, subject).map(async (publication) => {
      if (publication.info.source !== source || publication.pausedBy.has('moderator')) return;
      publication.pausedBy.add('moderator').add('peer');
      await pause(room, publication, by);
    }),
  );
}

/** Ends a moderator's mute: the subject may resume again. */
export function allowSource(room: Room, { subject, source, by }: SubjectSource): void {
  room.restrictions.allow(subject, source);
  for (const publication of publicationsOf(room, subject)) {
    const { kind, source: own } = publication.info;
    if (room.restrictions.mutedBy(subject, { kind, source: own })) continue;
    if (publication.pausedBy.delete('moderator'))
      room.events.emit('producerAllowed', { ...refOf(publication), by });
  }
}

/** What a subject sends from one source, and who decides about it. */
export interface SubjectSource {
  readonly subject: string;
  readonly source: Source;
  readonly by: Actor;
}

function publicationsOf(room: Room, subject: string): LocalPublication[] {
  return room.peersOf(subject).flatMap(({ publications }) => [...publications.values()]);
}

/** The transport over which a peer publishes. @throws SfuError wrong_state, not_found, forbidden */
export function publishingTransport(peer: Peer, transportId: string, published: Published): PeerTransport {
  peer.requireJoined();
  const entry = peer.transport(transportId);
  if (!entry.producing) {
    throw new SfuError(
      'wrong_state',
      'this transport was not opened for producing; open one with producing: true',
    );
  }
  if (!peer.mayPublish(published)) {
    const { kind, source } = published;
    const what = kind === 'audio' && source === 'screen' ? 'the sound of a screen without audio' : source;
    throw new SfuError('forbidden', `you may not publish ${what}; ask for a token that grants it`);
  }
  return entry;
}

async function pause(room: Room, publication: LocalPublication, by: Actor): Promise<void> {
  const { producer } = publication;
  if (producer.kind === 'audio') room.observers.mute(producer.id);
  await mediaCall(producer, 'pausing the producer', () => producer.pause());
  room.events.emit('producerPaused', { ...refOf(publication), by });
}

function refOf({ peer, producer, info }: LocalPublication) {
  return { ...peer.ref, producerId: producer.id, kind: producer.kind, source: info.source };
}

function follow(room: Room, publication: LocalPublication): void {
  const { peer, producer, info, transportId } = publication;
  const { kind, codec, source, rtpParameters } = info;
  const coding = { kind, codec, clockRate: rtpParameters.codecs[0]?.clockRate ?? 90_000 };
  peer.media.add({
    ...peer.ref,
    object: 'producer',
    id: producer.id,
    transportId,
    worker: peer.router?.live.index ?? 0,
    state: () => ({ coding, source, paused: producer.paused }),
    statistics: () => readStatistics(producer),
  });
  producer.on('score', (score) => room.events.emit('producerScore', { ...refOf(publication), score }));
  producer.observer.once('close', () => {
    peer.publications.delete(producer.id);
    room.published.media.delete(producer.id);
    peer.media.remove(producer.id);
    room.observers.forget(producer.id);
    const course: ProducerEnd = peer.closed ? 'peer_left' : 'transport_closed';
    // Of one that moves here, and has not taken over, nobody was told that it publishes.
    if (peer.passage?.to === 'here') return;
    const { reason, by } = publication.ending ?? { reason: course, by: serverActor };
    room.events.emit('producerClosed', { ...refOf(publication), reason, by });
  });
}
