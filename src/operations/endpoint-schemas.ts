import { Type } from '@sinclair/typebox';
import type { types } from 'mediasoup';
import { Id, MediaKind, oneOf, orNull } from '../core/schemas.ts';
import { RtpParameters } from '../wire/rtp.ts';
import { OwnerInfo } from './holdings/owner.ts';
import { Metadata } from './schemas.ts';

/** The params with which every operation on an endpoint names it. */
export const endpointRef = { roomId: Id, peerId: Id };

export const keep = Type.Boolean({
  description: 'Whether it stays when its controller disconnects and does not come back',
});

export const EndpointInfo = Type.Object({
  id: Id,
  roomId: Id,
  displayName: Type.String(),
  metadata: Metadata,
  owner: OwnerInfo,
  keep,
});

export const SessionInfo = Type.Object({ id: Id, owner: OwnerInfo, keep });

export const Port = Type.Integer({ minimum: 1, maximum: 65535 });
export const IpAddress = Type.String({
  minLength: 2,
  maxLength: 64,
  description: 'An IP address, not a host name',
});

const suites = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
] as const satisfies types.SrtpCryptoSuite[];

export const Srtp = oneOf([...suites, 'none'], {
  description: 'How RTP is encrypted (RFC 3711, RFC 7714); `none` for plain RTP',
});

export const SrtpParameters = Type.Object(
  {
    cryptoSuite: oneOf(suites),
    keyBase64: Type.String({
      minLength: 4,
      maxLength: 128,
      description: 'Key and salt, as in SDES (RFC 4568)',
    }),
  },
  { description: 'How a side encrypts what it sends' },
);

/** Our side of a transport, with which the other side is set up. */
export const TransportInfo = Type.Object({
  id: Id,
  type: oneOf(['plain', 'pipe']),
  ip: Type.String({ description: 'The address on which it receives' }),
  port: Type.Integer(),
  rtcpPort: orNull(Type.Integer(), 'The port for RTCP; null when it is the port of RTP'),
  remoteIp: orNull(Type.String(), 'The address of the other side, once it is known'),
  remotePort: orNull(Type.Integer()),
  srtpParameters: orNull(SrtpParameters, 'Null for plain RTP'),
});

export const EndpointProducer = Type.Object({
  id: Id,
  kind: MediaKind,
  codec: Type.String({ description: 'Such as pcmu' }),
  paused: Type.Boolean(),
});

export const EndpointConsumer = Type.Object({
  id: Id,
  transportId: Id,
  producerId: Id,
  producerPeerId: Id,
  kind: MediaKind,
  codec: Type.String(),
  paused: Type.Boolean(),
  producerPaused: Type.Boolean(),
  rtpParameters: RtpParameters,
});
