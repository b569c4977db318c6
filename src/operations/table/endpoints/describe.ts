import type { Static } from '@sinclair/typebox';
import type {
  LocalPublication,
  PeerTransport,
  PipePeerTransport,
  PlainPeerTransport,
  Subscription,
} from '../../../sfu/rooms/peer.ts';
import type {
  EndpointConsumer,
  EndpointInfo,
  EndpointProducer,
  SessionInfo,
  TransportInfo,
} from '../../endpoint-schemas.ts';
import type { Endpoint, OwnedRoom } from '../../holdings/holdings.ts';

export function describeEndpoint({ peer, owner, keep }: Endpoint): Static<typeof EndpointInfo> {
  const { id, roomId, displayName, identity } = peer;
  return { id, roomId, displayName, metadata: identity.metadata, owner, keep };
}

export function describeSession({ room, owner, keep }: OwnedRoom): Static<typeof SessionInfo> {
  return { id: room.id, owner, keep };
}

/** Whether a transport is for RTP without WebRTC. An endpoint has no others. */
export function isRtpTransport(entry: PeerTransport): entry is PlainPeerTransport | PipePeerTransport {
  return entry.type !== 'webrtc';
}

export function describeTransport({
  type,
  transport,
}: PlainPeerTransport | PipePeerTransport): Static<typeof TransportInfo> {
  const { id, tuple, srtpParameters } = transport;
  const { localAddress, localPort, remoteIp, remotePort } = tuple;
  const rtcpTuple = 'rtcpTuple' in transport ? transport.rtcpTuple : undefined;
  return {
    id,
    type,
    ip: localAddress,
    port: localPort,
    rtcpPort: rtcpTuple?.localPort ?? null,
    remoteIp: remoteIp ?? null,
    remotePort: remotePort ?? null,
    srtpParameters: srtpParameters ?? null,
  };
}

export function describeProducer({ producer, info }: LocalPublication): Static<typeof EndpointProducer> {
  return { id: producer.id, kind: info.kind, codec: info.codec, paused: producer.paused };
}

export function describeConsumer(subscription: Subscription): Static<typeof EndpointConsumer> {
  const { publication, consumer, rtpParameters, transportId } = subscription;
  const { id, kind, paused, producerPaused } = consumer;
  const { id: producerId, peerId: producerPeerId, codec } = publication.info;
  return {
    id,
    transportId,
    producerId,
    producerPeerId,
    kind,
    codec,
    paused,
    producerPaused,
    rtpParameters,
  };
}
