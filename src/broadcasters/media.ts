import type { types } from 'mediasoup';
import { SfuError } from '../core/errors.ts';
import { mediaCall } from '../sfu/media/media-call.ts';
import { iceCandidates } from '../sfu/rooms/candidates.ts';
import type { DataPublication, Publication } from '../sfu/rooms/publication.ts';
import { type PublishRequest, publish } from '../sfu/rooms/publishing.ts';
import { type PublishDataRequest, publishData } from '../sfu/rooms/publishing-data.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { connectPlainTransport, openPlainTransport } from '../sfu/rooms/rtp-transports.ts';
import { resumeSubscription } from '../sfu/rooms/subscribing.ts';
import { subscribeForGood } from '../sfu/rooms/subscribing-again.ts';
import { subscribeData } from '../sfu/rooms/subscribing-data.ts';
import { connectTransport, openTransport } from '../sfu/rooms/transports.ts';
import type { Broadcaster } from './broadcasters.ts';

/** Opens a transport for RTP without WebRTC. @returns the address to which the broadcaster sends */
export async function openPlain(
  { room, peer }: Broadcaster,
  request: { comedia: boolean; rtcpMux: boolean; producing: boolean; consuming: boolean; sctp: boolean },
) {
  const { sctp, ...rest } = request;
  const { transport } = await openPlainTransport(room, peer, { ...rest, enableSctp: sctp });
  const { id, tuple, rtcpTuple, sctpParameters } = transport;
  return {
    id,
    ip: tuple.localAddress,
    port: tuple.localPort,
    ...(rtcpTuple && { rtcpPort: rtcpTuple.localPort }),
    ...(sctpParameters && { sctpParameters }),
  };
}

/** Opens a transport for a broadcaster that speaks WebRTC. @returns what it needs for ICE and DTLS */
export async function openWebRtc({ room, peer }: Broadcaster) {
  const request = { producing: true, consuming: true, forceTcp: false };
  const entry = await openTransport(room, peer, request);
  const { id, iceParameters, dtlsParameters, sctpParameters } = entry.transport;
  return { id, iceParameters, iceCandidates: iceCandidates(room, entry), dtlsParameters, sctpParameters };
}

/** Gives a transport its other side. @throws SfuError invalid_params for parameters of the other kind of transport */
export async function connect(
  { room, peer }: Broadcaster,
  transportId: string,
  remote: { dtlsParameters: types.DtlsParameters } | { ip: string; port: number; rtcpPort?: number },
): Promise<void> {
  const entry = peer.transport(transportId);
  if (entry.type === 'webrtc' && 'dtlsParameters' in remote)
    return await connectTransport(room, entry, remote.dtlsParameters);
  if (entry.type === 'plain' && 'ip' in remote) return await connectPlainTransport(room, entry, remote);
  throw new SfuError(
    'invalid_params',
    'a webrtc transport needs dtlsParameters to connect, a plain one needs ip and port',
  );
}

export async function produce(
  { room, peer }: Broadcaster,
  transportId: string,
  track: Omit<PublishRequest, 'transportId' | 'paused' | 'appData'> & { appData?: Record<string, unknown> },
): Promise<string> {
  const { kind, rtpParameters, appData = {} } = track;
  const request = { transportId, kind, rtpParameters, appData, paused: false };
  return (await publish(room, peer, request)).producer.id;
}

export async function consume(
  { room, peer, options }: Broadcaster,
  request: {
    transportId: string;
    producerId: string;
    paused: boolean;
    rtpCapabilities?: types.RtpCapabilities;
  },
) {
  const { producerId, rtpCapabilities = options.rtpCapabilities, ...rest } = request;
  const publication = room.publication(producerId);
  const wanted = { ...rest, rtpCapabilities };
  const { consumer, rtpParameters } = await subscribeForGood(room, peer, publication, wanted);
  return { id: consumer.id, producerId, kind: consumer.kind, rtpParameters, type: consumer.type };
}

/** @param transportId where the caller names it @throws SfuError not_found, also for a consumer of another transport */
export async function resumeConsumer(
  { room, peer }: Broadcaster,
  consumerId: string,
  transportId?: string,
): Promise<void> {
  const subscription = peer.subscription(consumerId);
  if (transportId !== undefined && subscription.transportId !== transportId)
    throw new SfuError(
      'not_found',
      `the transport "${transportId}" does not carry the consumer "${consumerId}"`,
    );
  await resumeSubscription(room, subscription);
}

export async function produceData(
  { room, peer }: Broadcaster,
  request: Omit<PublishDataRequest, 'label' | 'protocol' | 'appData'> &
    Partial<Pick<PublishDataRequest, 'label' | 'protocol' | 'appData'>>,
): Promise<string> {
  const { label = '', protocol = '', appData = {}, ...rest } = request;
  return (await publishData(room, peer, { ...rest, label, protocol, appData })).dataProducer.id;
}

export async function consumeData(
  { room, peer }: Broadcaster,
  request: { transportId: string; dataProducerId: string },
) {
  const publication = findDataPublication(room, request.dataProducerId);
  const { dataConsumer } = await subscribeData(room, peer, publication, request.transportId);
  await mediaCall(dataConsumer, 'resuming the data consumer', () => dataConsumer.resume());
  return { id: dataConsumer.id, streamId: dataConsumer.sctpStreamParameters?.streamId };
}

/** The other peers in the room, each with its publications. */
export function othersOf({ room, peer }: Broadcaster) {
  return room
    .othersOf(peer)
    .map((other) => ({ peer: other, publications: [...other.publications.values()] }));
}

/** Whether a broadcaster that gave its rtpCapabilities can receive a publication. */
export function canReceive({ options: { rtpCapabilities } }: Broadcaster, publication: Publication): boolean {
  return rtpCapabilities !== undefined && publication.handle.canBePlayed(rtpCapabilities);
}

function findDataPublication(room: Room, dataProducerId: string): DataPublication {
  const found = room.findDataPublication(dataProducerId);
  if (found) return found;
  throw new SfuError(
    'not_found',
    `there is no data producer "${dataProducerId}" in the room; it may have closed`,
  );
}
