import type { types } from 'mediasoup';
import type { Actor } from '../../core/actors.ts';
import type { ProducerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import { type PublishDecision, publishedData } from '../../core/grants.ts';
import { adopt, mediaCall, readStatistics } from '../media/media-call.ts';
import { list } from './attendance.ts';
import { Audience } from './audience.ts';
import { closeDataPublication } from './closing-data.ts';
import { offerDataToAll } from './offering.ts';
import type { LocalDataPublication, Peer, PeerTransport } from './peer.ts';
import { type DataDelivery, isReliable } from './publication.ts';
import { bring, closePublication, publishingTransport } from './publishing.ts';
import type { Room } from './room.ts';

export interface PublishDataRequest {
  transportId: string;
  sctpStreamParameters: types.SctpStreamParameters;
  label: string;
  protocol: string;
  appData: Record<string, unknown>;
  /** Whether the other peers are offered it; they are unless told. */
  offered?: boolean;
}

/** Takes a data channel from a peer and offers it to the others. */
export async function publishData(
  room: Room,
  peer: Peer,
  request: PublishDataRequest,
): Promise<LocalDataPublication> {
  const entry = publishingTransport(peer, request.transportId, publishedData);
  const { maxDataProducersPerPeer } = room.context.settings;
  if (peer.dataPublications.size >= maxDataProducersPerPeer) {
    throw new SfuError(
      'limit_reached',
      `a peer may have ${maxDataProducersPerPeer} data producers; close one first`,
    );
  }
  const { sctpStreamParameters, label, protocol, appData, offered = true } = request;
  const dataProducer = await mediaCall(entry.transport, 'producing data', () =>
    entry.transport.produceData({ sctpStreamParameters, label, protocol, appData }),
  );
  adopt(dataProducer, peer.joined && peer.mayPublish(publishedData), 'the data producer');
  const { clock } = room.context;
  const { id } = dataProducer;
  const delivery = deliveryOf(sctpStreamParameters);
  const publication: LocalDataPublication = {
    info: { ...peer.ref, id, label, protocol, appData, offered, delivery, openedAt: clock.now() },
    handle: {
      get closed() {
        return dataProducer.closed;
      },
      bring: (to) => bring(room, peer, { id, data: true, to }),
    },
    peer,
    dataProducer,
    transportId: entry.transport.id,
    audience: new Audience({
      clock,
      onChange: (ready) => room.events.emit('dataProducerReady', { ...peer.ref, dataProducerId: id, ready }),
    }),
  };
  list(room, peer);
  followData(room, publication, entry);
  if (peer.passage?.to === 'here') peer.passage.told.push(() => tell(room, publication));
  else tell(room, publication);
  return publication;
}

/** Tells that it is there, and offers it to the others. */
function tell(room: Room, publication: LocalDataPublication): void {
  const { peer, info, dataProducer } = publication;
  if (dataProducer.closed) return;
  room.events.emit('dataProducerOpened', { ...peer.ref, dataProducerId: info.id, label: info.label });
  room.mesh?.publishedData(publication);
  offerDataToAll(room, publication);
}

/** The worker lets no channel that may lose messages have an order. */
function deliveryOf(parameters: types.SctpStreamParameters): DataDelivery {
  const { ordered = true, maxPacketLifeTime = null, maxRetransmits = null } = parameters;
  const limits = { maxPacketLifeTime, maxRetransmits };
  return { ordered: ordered && isReliable(limits), ...limits };
}

/** Ends what a peer sends and may not send any more. */
export function closeForbidden(peer: Peer, by: Actor): void {
  for (const publication of [...peer.publications.values()])
    if (!peer.mayPublish(publication.info)) closePublication(publication, 'not_allowed', by);
  if (peer.mayPublish(publishedData)) return;
  for (const publication of [...peer.dataPublications.values()])
    closeDataPublication(publication, 'not_allowed');
}

function followData(room: Room, publication: LocalDataPublication, entry: PeerTransport): void {
  const { peer, dataProducer, info } = publication;
  const { id } = dataProducer;
  peer.dataPublications.set(id, publication);
  room.published.data.set(id, publication);
  peer.media.add({
    ...peer.ref,
    object: 'dataProducer',
    id,
    transportId: entry.transport.id,
    worker: peer.router?.live.index ?? 0,
    state: () => ({ label: info.label }),
    statistics: () => readStatistics(dataProducer),
  });
  dataProducer.observer.once('close', () => {
    peer.dataPublications.delete(id);
    room.published.data.delete(id);
    peer.media.remove(id);
    publication.audience.close();
    if (peer.passage?.to === 'here') return;
    const course: ProducerEnd = entry.transport.closed ? 'transport_closed' : 'peer';
    const reason: ProducerEnd = peer.closed ? 'peer_left' : (publication.ending ?? course);
    room.events.emit('dataProducerClosed', { ...peer.ref, dataProducerId: id, reason });
  });
}

/** Sets what a subject may publish from now on and ends what it may not any more. */
export function restrictPublish(
  room: Room,
  { subject, publish, by }: { subject: string; publish: PublishDecision; by: Actor },
): void {
  room.restrictions.setPublish(subject, publish);
  for (const peer of room.peersOf(subject)) {
    peer.publish = room.restrictions.publishOf(peer.identity);
    closeForbidden(peer, by);
    if (peer.publish !== false) list(room, peer);
    room.events.emit('peerPermissionsChanged', { ...peer.ref, publish: peer.publish, by });
  }
}
