import type { types } from 'mediasoup';
import { type Actor, serverActor } from '../../core/actors.ts';
import type { ProducerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import { type Source, sourceOf } from '../../core/sources.ts';
import { codecOf, shareConsumable } from '../media/codecs.ts';
import { adopt, mediaCall } from '../media/media-call.ts';
import { disguised } from '../quirks/telephone-events.ts';
import type { DataPublication, Peer, PeerTransport, Publication } from './peer.ts';
import type { Room } from './room.ts';
import { offer, offerData } from './subscribing.ts';

type AppData = Record<string, unknown>;

export interface PublishRequest {
  transportId: string;
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
  paused: boolean;
  appData: AppData;
}

export interface PublishDataRequest {
  transportId: string;
  sctpStreamParameters: types.SctpStreamParameters;
  label: string;
  protocol: string;
  appData: AppData;
}

/** Takes a track from a peer and offers it to the others. @throws SfuError forbidden, limit_reached, media_rejected */
export async function publish(room: Room, peer: Peer, request: PublishRequest): Promise<Publication> {
  const source = sourceOf(request.kind, request.appData);
  const entry = prepare(peer, request.transportId, source);
  const { maxProducersPerPeer } = room.context.settings;
  if (peer.publications.size >= maxProducersPerPeer) {
    throw new SfuError('limit_reached', `a peer may have ${maxProducersPerPeer} producers; close one first`);
  }
  const { kind, rtpParameters, paused, appData } = request;
  const producer = await mediaCall(entry.transport, 'producing', () =>
    entry.transport.produce({ kind, rtpParameters: disguised(rtpParameters), paused, appData }),
  );
  adopt(producer, peer.joined && peer.mayPublish(source), 'the producer');
  shareConsumable(producer);
  const pausedBy = new Set<'peer' | 'moderator'>(paused ? ['peer'] : []);
  const codec = codecOf(rtpParameters);
  const publication: Publication = {
    peer,
    producer,
    codec,
    source,
    openedAt: room.context.clock.now(),
    pausedBy,
  };
  peer.publications.set(producer.id, publication);
  follow(room, publication);
  room.events.emit('producerOpened', {
    ...refOf(publication),
    paused,
    codec,
  });
  room.observe(publication);
  for (const other of room.joinedPeers) if (other !== peer) offer(room, other, publication);
  return publication;
}

/** Ends a publication; its receivers are told that it closed, its owner when somebody else did it. */
export function closePublication(publication: Publication, reason: ProducerEnd, by: Actor): void {
  publication.ending ??= { reason, by };
  publication.producer.close();
}

/** The peer itself pauses what it sends. */
export async function pausePublication(room: Room, publication: Publication): Promise<void> {
  if (publication.pausedBy.has('peer')) return;
  publication.pausedBy.add('peer');
  await pause(room, publication, { kind: 'peer', id: publication.peer.id });
}

/** @throws SfuError forbidden while a moderator holds it */
export async function resumePublication(room: Room, publication: Publication): Promise<void> {
  const { producer, pausedBy, peer } = publication;
  if (pausedBy.has('moderator')) {
    throw new SfuError('forbidden', 'a moderator muted this; you can resume it once a moderator allows it');
  }
  if (!pausedBy.delete('peer')) return;
  await mediaCall(producer, 'resuming the producer', () => producer.resume());
  // Whoever paused it meanwhile asked the worker later, and told it.
  if (pausedBy.size === 0)
    room.events.emit('producerResumed', { ...refOf(publication), by: { kind: 'peer', id: peer.id } });
}

/**
 * A moderator mutes what a peer sends. It stays paused after the moderator allows it again, until the peer resumes it
 * by itself: nobody's microphone is opened by somebody else.
 */
export async function mutePublication(room: Room, publication: Publication, by: Actor): Promise<void> {
  if (publication.pausedBy.has('moderator')) return;
  publication.pausedBy.add('moderator').add('peer');
  await pause(room, publication, by);
}

/** Ends a moderator's mute: the peer may resume again. */
export function allowPublication(room: Room, publication: Publication, by: Actor): void {
  if (publication.pausedBy.delete('moderator'))
    room.events.emit('producerAllowed', { ...refOf(publication), by });
}

/** Takes a data channel from a peer and offers it to the others. */
export async function publishData(
  room: Room,
  peer: Peer,
  request: PublishDataRequest,
): Promise<DataPublication> {
  const entry = prepare(peer, request.transportId, 'data');
  const { maxDataProducersPerPeer } = room.context.settings;
  if (peer.dataPublications.size >= maxDataProducersPerPeer) {
    throw new SfuError(
      'limit_reached',
      `a peer may have ${maxDataProducersPerPeer} data producers; close one first`,
    );
  }
  const { sctpStreamParameters, label, protocol, appData } = request;
  const dataProducer = await mediaCall(entry.transport, 'producing data', () =>
    entry.transport.produceData({ sctpStreamParameters, label, protocol, appData }),
  );
  adopt(dataProducer, peer.joined && peer.mayPublish('data'), 'the data producer');
  const publication: DataPublication = { peer, dataProducer, openedAt: room.context.clock.now() };
  peer.dataPublications.set(dataProducer.id, publication);
  const ref = { ...peer.ref, dataProducerId: dataProducer.id };
  dataProducer.observer.once('close', () => {
    peer.dataPublications.delete(dataProducer.id);
    const reason: ProducerEnd = peer.closed
      ? 'peer_left'
      : entry.transport.closed
        ? 'transport_closed'
        : 'peer';
    room.events.emit('dataProducerClosed', { ...ref, reason });
  });
  room.events.emit('dataProducerOpened', { ...ref, label });
  for (const other of room.joinedPeers) if (other !== peer) offerData(room, other, publication);
  return publication;
}

function prepare(peer: Peer, transportId: string, source: Source): PeerTransport {
  peer.requireJoined();
  const entry = peer.transport(transportId);
  if (!entry.producing) {
    throw new SfuError(
      'wrong_state',
      'this transport was not opened for producing; open one with producing: true',
    );
  }
  if (!peer.mayPublish(source)) {
    throw new SfuError('forbidden', `you may not publish ${source}; ask for a token that grants it`);
  }
  return entry;
}

async function pause(room: Room, publication: Publication, by: Actor): Promise<void> {
  const { producer } = publication;
  if (producer.kind === 'audio') room.observers.mute(producer.id);
  await mediaCall(producer, 'pausing the producer', () => producer.pause());
  room.events.emit('producerPaused', { ...refOf(publication), by });
}

function refOf({ peer, producer, source }: Publication) {
  return { ...peer.ref, producerId: producer.id, kind: producer.kind, source };
}

function follow(room: Room, publication: Publication): void {
  const { peer, producer } = publication;
  producer.on('score', (score) => room.events.emit('producerScore', { ...refOf(publication), score }));
  producer.observer.once('close', () => {
    peer.publications.delete(producer.id);
    room.observers.forget(producer.id);
    const course: ProducerEnd = peer.closed ? 'peer_left' : 'transport_closed';
    const { reason, by } = publication.ending ?? { reason: course, by: serverActor };
    room.events.emit('producerClosed', { ...refOf(publication), reason, by });
  });
}
