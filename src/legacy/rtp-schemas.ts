import { type Static, Type } from '@sinclair/typebox';
import { oneOf } from '../core/schemas.ts';
import { RtpCapabilities as NewerCapabilities, RtpParameters as NewerParameters } from '../wire/rtp.ts';

/**
 * Schemas of RTP parameters as mediasoup-client 2 sends and reads them, each with an upper bound. What has the form of
 * version 3 is taken from there. https://mediasoup.org/documentation/v2/mediasoup/rtp-parameters-and-capabilities/
 */

const { payloadType, ...codecParameters } = NewerParameters.properties.codecs.items.properties;
const capabilities = NewerCapabilities.properties;
const name = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'the part of mimeType after the slash',
});
const nullable = Type.Null();

export const V2RtpCapabilities = Type.Object(
  {
    codecs: Type.Optional(
      Type.Array(Type.Object({ name, ...capabilities.codecs.items.properties }), { maxItems: 128 }),
    ),
    headerExtensions: capabilities.headerExtensions,
    fecMechanisms: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 8, description: 'not used' })),
  },
  { description: 'What a side can receive' },
);

/** The layers of simulcast, the lowest first. */
export const layerProfiles = ['low', 'medium', 'high'] as const;

const encoding = NewerParameters.properties.encodings.items.properties;

const V2RtpEncoding = Type.Object({
  ssrc: encoding.ssrc,
  rtx: encoding.rtx,
  codecPayloadType: encoding.codecPayloadType,
  encodingId: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 16 }), nullable], { description: 'RID (RFC 8851)' }),
  ),
  profile: Type.Optional(
    Type.Union([oneOf([...layerProfiles, 'default', 'none']), nullable], {
      description: 'which layer of simulcast it is',
    }),
  ),
});

const { headerExtensions } = NewerParameters.properties;

export const V2RtpParameters = Type.Object(
  {
    muxId: Type.Optional(
      Type.Union([Type.String({ maxLength: 32 }), nullable], { description: 'MID (RFC 9143)' }),
    ),
    codecs: Type.Array(Type.Object({ name, payloadType, ...codecParameters }), { minItems: 1, maxItems: 64 }),
    headerExtensions,
    encodings: Type.Optional(Type.Array(V2RtpEncoding, { maxItems: 8 })),
    rtcp: Type.Optional(
      Type.Object({
        cname: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), nullable])),
        reducedSize: Type.Optional(Type.Boolean()),
        mux: Type.Optional(Type.Boolean()),
      }),
    ),
  },
  { description: 'What is sent, and how' },
);

export type V2Capabilities = Static<typeof V2RtpCapabilities>;
export type V2Parameters = Static<typeof V2RtpParameters>;
export type V2Encoding = Static<typeof V2RtpEncoding>;
