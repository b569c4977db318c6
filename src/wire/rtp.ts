import { Type } from '@sinclair/typebox';
import type { types } from 'mediasoup';
import { MediaKind } from '../core/schemas.ts';

/**
 * Schemas of RTP, SCTP, ICE and DTLS parameters as clients send and get them, each with an upper bound.
 * https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/
 */

const unsigned32 = 4_294_967_295;
const shortText = Type.String({ maxLength: 256 });
const name = Type.String({ minLength: 1, maxLength: 64 });
const ssrc = Type.Integer({ minimum: 0, maximum: unsigned32 });
const payloadType = Type.Integer({ minimum: 0, maximum: 127 });
const extensionId = Type.Integer({ minimum: 1, maximum: 255 });

// Checked as a flat record of small values; mediasoup's type is wider.
const CodecParameters = Type.Unsafe<Record<string, unknown>>(
  Type.Record(
    Type.String({ maxLength: 64 }),
    Type.Union([Type.String({ maxLength: 1024 }), Type.Number(), Type.Boolean(), Type.Null()]),
    { maxProperties: 32, description: 'Codec parameters as in SDP fmtp' },
  ),
);

const RtcpFeedback = Type.Object({ type: name, parameter: Type.Optional(shortText) });

const rtcpFeedback = Type.Optional(Type.Array(RtcpFeedback, { maxItems: 32 }));

const headerExtensionUri = Type.Unsafe<types.RtpHeaderExtensionUri>(
  Type.String({ minLength: 1, maxLength: 256, description: 'URI of the header extension (RFC 8285)' }),
);

const RtpCodecCapability = Type.Object({
  kind: MediaKind,
  mimeType: name,
  preferredPayloadType: payloadType,
  clockRate: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Hz' }),
  channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  parameters: Type.Optional(CodecParameters),
  rtcpFeedback,
});

const RtpHeaderExtension = Type.Object({
  kind: MediaKind,
  uri: headerExtensionUri,
  preferredId: extensionId,
  preferredEncrypt: Type.Optional(Type.Boolean()),
  direction: Type.Optional(
    Type.Union([
      Type.Literal('sendrecv'),
      Type.Literal('sendonly'),
      Type.Literal('recvonly'),
      Type.Literal('inactive'),
    ]),
  ),
});

export const RtpCapabilities = Type.Object(
  {
    codecs: Type.Optional(Type.Array(RtpCodecCapability, { maxItems: 128 })),
    headerExtensions: Type.Optional(Type.Array(RtpHeaderExtension, { maxItems: 64 })),
  },
  { description: 'What a side can receive' },
);

const RtpCodecParameters = Type.Object({
  mimeType: name,
  payloadType,
  clockRate: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Hz' }),
  channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  parameters: Type.Optional(CodecParameters),
  rtcpFeedback,
});

const RtpEncoding = Type.Object({
  ssrc: Type.Optional(ssrc),
  rid: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
  codecPayloadType: Type.Optional(payloadType),
  rtx: Type.Optional(Type.Object({ ssrc })),
  dtx: Type.Optional(Type.Boolean()),
  scalabilityMode: Type.Optional(Type.String({ maxLength: 32, description: 'e.g. L1T3 (W3C webrtc-svc)' })),
  maxBitrate: Type.Optional(Type.Integer({ minimum: 0, maximum: unsigned32, description: 'bits a second' })),
});

export const RtpParameters = Type.Object(
  {
    mid: Type.Optional(Type.String({ maxLength: 32 })),
    codecs: Type.Array(RtpCodecParameters, { minItems: 1, maxItems: 64 }),
    headerExtensions: Type.Optional(
      Type.Array(
        Type.Object({
          uri: headerExtensionUri,
          id: extensionId,
          encrypt: Type.Optional(Type.Boolean()),
          parameters: Type.Optional(CodecParameters),
        }),
        { maxItems: 64 },
      ),
    ),
    encodings: Type.Optional(Type.Array(RtpEncoding, { maxItems: 8 })),
    rtcp: Type.Optional(
      Type.Object({ cname: Type.Optional(shortText), reducedSize: Type.Optional(Type.Boolean()) }),
    ),
    msid: Type.Optional(shortText),
  },
  { description: 'What is sent, and how' },
);

export const DtlsParameters = Type.Object({
  role: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('client'), Type.Literal('server')])),
  fingerprints: Type.Array(
    Type.Object({
      algorithm: Type.Union(
        (['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const).map((algorithm) =>
          Type.Literal(algorithm),
        ),
      ),
      value: Type.String({ pattern: '^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,63}$' }),
    }),
    { minItems: 1, maxItems: 8 },
  ),
});

/** DTLS parameters of a client, for the examples of messages. */
export const exampleDtls = {
  role: 'server',
  fingerprints: [
    {
      algorithm: 'sha-256',
      value:
        '82:5A:68:3D:36:C3:0A:DE:AF:E7:32:43:D2:88:83:57:AC:2D:65:E5:80:C4:B6:FB:AF:1A:A0:21:9F:6D:0C:AD',
    },
  ],
};

export const IceParameters = Type.Object({
  usernameFragment: Type.String(),
  password: Type.String(),
  iceLite: Type.Optional(Type.Boolean()),
});

export const IceCandidate = Type.Object({
  foundation: Type.String(),
  priority: Type.Integer(),
  ip: Type.String(),
  address: Type.String(),
  protocol: Type.Union([Type.Literal('udp'), Type.Literal('tcp')]),
  port: Type.Integer(),
  type: Type.Literal('host'),
  tcpType: Type.Optional(Type.Literal('passive')),
});

/** For all generations of clients: old ones read maxMessageSize, new ones the other two sizes. */
export const SctpParameters = Type.Object({
  port: Type.Integer(),
  OS: Type.Integer(),
  MIS: Type.Integer(),
  maxMessageSize: Type.Integer({ description: 'bytes' }),
  maxSendMessageSize: Type.Integer({ description: 'bytes' }),
  maxReceiveMessageSize: Type.Integer({ description: 'bytes' }),
});

export const SctpStreamParameters = Type.Object({
  streamId: Type.Integer({ minimum: 0, maximum: 65534 }),
  ordered: Type.Optional(Type.Boolean()),
  maxPacketLifeTime: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: 'milliseconds' })),
  maxRetransmits: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
});

export const ConsumerLayers = Type.Object({
  spatialLayer: Type.Integer({ minimum: 0 }),
  temporalLayer: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const ConsumerScore = Type.Object({
  score: Type.Integer({ description: '0 (bad) to 10' }),
  producerScore: Type.Integer({
    description:
      'Of the sender’s layer that is forwarded now; 0 while none is, which says nothing of the sender',
  }),
  producerScores: Type.Array(Type.Integer(), {
    description: 'Of each of the sender’s layers: judge the sender by the best of them',
  }),
});

export const ProducerScore = Type.Object({
  encodingIdx: Type.Integer(),
  ssrc: Type.Integer(),
  rid: Type.Optional(Type.String()),
  score: Type.Integer({ description: '0 (bad) to 10' }),
});
