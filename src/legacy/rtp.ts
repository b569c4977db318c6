import type { types } from 'mediasoup';
import { layerProfiles, type V2Capabilities, type V2Encoding, type V2Parameters } from './rtp-schemas.ts';

/**
 * RTP capabilities and parameters between the forms of mediasoup 2 and 3. What both have in common is passed on; what
 * only one of them knows is named here.
 */

const midExtension = 'urn:ietf:params:rtp-hdrext:sdes:mid';

/** What a room offers, for `queryRoom`. */
export function capabilitiesToV2({
  codecs = [],
  headerExtensions = [],
}: types.RtpCapabilities): V2Capabilities {
  return {
    codecs: codecs.map(({ kind, preferredPayloadType = 0, ...codec }) => ({
      ...{ name: nameOf(codec), kind, preferredPayloadType },
      ...codecFields(codec),
    })),
    headerExtensions: headerExtensions.map(({ kind, uri, preferredId }) => ({ kind, uri, preferredId })),
    fecMechanisms: [],
  };
}

/**
 * What a client can receive, from its `join`. The extension for MIDs (RFC 9143) is left out, so that its consumers are
 * sent without: it gives its sections MIDs of its own, and a browser drops packets with one that it does not know.
 */
export function capabilitiesFromV2({
  codecs = [],
  headerExtensions = [],
}: V2Capabilities): types.RtpCapabilities {
  return {
    codecs: codecs.map(({ kind, preferredPayloadType, ...codec }) => ({
      ...{ kind, preferredPayloadType },
      ...codecFields(codec),
    })),
    headerExtensions: headerExtensions
      .filter(({ uri }) => uri !== midExtension)
      .map(({ kind, uri, preferredId }) => ({ kind, uri, preferredId })),
  };
}

/** What a client sends, from its `createProducer`. */
export function parametersFromV2({
  muxId,
  codecs,
  headerExtensions = [],
  encodings = [],
  rtcp = {},
}: V2Parameters): types.RtpParameters {
  const { cname, reducedSize } = rtcp;
  return {
    ...given('mid', muxId),
    codecs: codecs.map(({ payloadType, ...codec }) => ({ payloadType, ...codecFields(codec) })),
    headerExtensions: headerExtensions.map(extensionFields),
    encodings: inOrder(encodings).map(({ ssrc, encodingId, rtx, codecPayloadType }) => ({
      ...given('ssrc', ssrc),
      ...given('rid', encodingId),
      ...given('rtx', rtx && { ssrc: rtx.ssrc }),
      ...given('codecPayloadType', codecPayloadType),
    })),
    rtcp: { ...given('cname', cname), ...given('reducedSize', reducedSize) },
  };
}

/** What a consumer is sent, for `newConsumer`. It has no MID: see `capabilitiesFromV2`. */
export function parametersToV2({
  codecs,
  headerExtensions = [],
  encodings = [],
  rtcp = {},
}: types.RtpParameters): V2Parameters {
  const { cname, reducedSize = true } = rtcp;
  return {
    muxId: null,
    codecs: codecs.map((codec) => ({
      ...{ name: nameOf(codec), payloadType: codec.payloadType },
      ...codecFields(codec),
    })),
    headerExtensions: headerExtensions.map(extensionFields),
    encodings: encodings.map(({ ssrc, rid, rtx, codecPayloadType }) => ({
      ...given('ssrc', ssrc),
      ...given('encodingId', rid),
      ...given('rtx', rtx && { ssrc: rtx.ssrc }),
      ...given('codecPayloadType', codecPayloadType),
    })),
    rtcp: { cname: cname ?? null, reducedSize, mux: true },
  };
}

type CodecFields = Pick<
  types.RtpCodecParameters,
  'mimeType' | 'clockRate' | 'channels' | 'parameters' | 'rtcpFeedback'
>;

/** An empty `parameter` is left out: a client of version 2 compares it with one that is not there. */
function codecFields({ mimeType, clockRate, channels, parameters, rtcpFeedback }: CodecFields): CodecFields {
  return {
    ...{ mimeType, clockRate },
    ...given('channels', channels),
    ...given('parameters', parameters),
    ...given(
      'rtcpFeedback',
      rtcpFeedback?.map(({ type, parameter }) => (parameter ? { type, parameter } : { type })),
    ),
  };
}

function extensionFields({ uri, id, encrypt, parameters }: types.RtpHeaderExtensionParameters) {
  return { uri, id, ...given('encrypt', encrypt), ...given('parameters', parameters) };
}

function nameOf({ mimeType }: Pick<CodecFields, 'mimeType'>): string {
  return mimeType.slice(mimeType.indexOf('/') + 1);
}

/** Firefox lists its layers from the highest; mediasoup 3 takes them for layers 0, 1 and 2 as they come. */
function inOrder(encodings: readonly V2Encoding[]): V2Encoding[] {
  const rank = ({ profile }: V2Encoding) =>
    (layerProfiles as readonly (string | null | undefined)[]).indexOf(profile);
  return encodings.toSorted((one, other) => rank(one) - rank(other));
}

/** A field, unless its value is missing or null. */
function given<K extends string, V>(key: K, value: V): { [P in K]?: NonNullable<V> } {
  return value === undefined || value === null ? {} : ({ [key]: value } as { [P in K]: NonNullable<V> });
}
