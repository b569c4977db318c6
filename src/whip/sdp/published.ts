import type { types } from 'mediasoup';
import type { MediaDescription } from 'sdp-transform';
import {
  codecsOf,
  commonFeedback,
  formatsOf,
  isRtx,
  matchIn,
  type OfferedCodec,
  retransmissionOf,
} from './codecs.ts';
import { encodingsOf } from './encodings.ts';
import { type Offer, type OfferedMedia, unacceptableOffer } from './offer.ts';

/** A track that a publisher offers, with the RTP parameters for mediasoup. */
export interface PublishedTrack {
  readonly media: OfferedMedia;
  readonly rtpParameters: types.RtpParameters;
  /** The chosen codec as the offer describes it; the answer repeats it. */
  readonly codec: OfferedCodec;
}

const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/**
 * Turns the tracks of an offer into RTP parameters of mediasoup. Of the codecs of a section it takes the first that the
 * router supports, which respects the publisher's preference.
 * https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/
 * @throws SfuError unacceptable_offer when a section has nothing in common with the router
 */
export function publishedTracks(offer: Offer, capabilities: types.RtpCapabilities): PublishedTrack[] {
  return offer.media.map((media) => publishedTrack(media, capabilities));
}

function publishedTrack(media: OfferedMedia, capabilities: types.RtpCapabilities): PublishedTrack {
  const { kind, mid, description } = media;
  const offered = codecsOf(description);
  const { codec, known } = chooseCodec(media, offered, capabilities);
  const rtx = retransmissionOf(offered, codec);
  const headerExtensions = extensionsOf(description, kind, capabilities);
  const hasTransportCc = headerExtensions.some(({ uri }) => uri === transportCc);
  const chosen: types.RtpCodecParameters = {
    mimeType: known.mimeType,
    payloadType: codec.payloadType,
    clockRate: codec.clockRate,
    ...(kind === 'audio' && { channels: codec.channels ?? 1 }),
    parameters: { ...codec.parameters, ...profileOf(known) },
    rtcpFeedback: commonFeedback(known.rtcpFeedback, codec.feedback, hasTransportCc),
  };
  const rtpParameters: types.RtpParameters = {
    mid,
    codecs: [chosen, ...(rtx ? [retransmission(rtx, codec)] : [])],
    headerExtensions,
    encodings: encodingsOf(description, rtx !== undefined),
    rtcp: { ...cnameOf(description), reducedSize: description.rtcpRsize !== undefined },
    ...msidOf(description),
  };
  return { media, rtpParameters, codec };
}

function chooseCodec(
  { kind, mid }: OfferedMedia,
  offered: readonly OfferedCodec[],
  { codecs = [] }: types.RtpCapabilities,
) {
  for (const codec of offered) {
    const known = isRtx(codec.mimeType) ? undefined : matchIn(codecs, codec);
    if (known) return { codec, known };
  }
  const supported = formatsOf(codecs.filter((codec) => codec.kind === kind));
  throw unacceptableOffer(
    `the room supports no codec of the ${kind} section "${mid}", which has ${formatsOf(offered)}; offer one of ${supported}`,
  );
}

/** The profile as the router names it, because encoders name it loosely. */
function profileOf({ parameters = {} }: types.RtpCodecCapability): Record<string, unknown> {
  const profile = parameters['profile-level-id'];
  return profile === undefined ? {} : { 'profile-level-id': profile };
}

function retransmission(rtx: OfferedCodec, { payloadType }: OfferedCodec): types.RtpCodecParameters {
  const { clockRate } = rtx;
  return { mimeType: 'video/rtx', payloadType: rtx.payloadType, clockRate, parameters: { apt: payloadType } };
}

/** The header extensions (RFC 8285) that both sides support, with the ids of the offer. */
function extensionsOf(
  { ext = [] }: MediaDescription,
  kind: types.MediaKind,
  { headerExtensions = [] }: types.RtpCapabilities,
): types.RtpHeaderExtensionParameters[] {
  return ext.flatMap(({ uri, value, direction = 'sendrecv', 'encrypt-uri': encrypted }) => {
    const known = headerExtensions.find(
      (extension) => extension.kind === kind && extension.uri === uri && extension.direction !== 'sendonly',
    );
    if (!known || encrypted || direction === 'recvonly' || direction === 'inactive') return [];
    return uri === packetId ? [] : [{ uri: known.uri, id: value }];
  });
}

/** Used only between routers of mediasoup. */
const packetId = 'urn:mediasoup:params:rtp-hdrext:packet-id';

function cnameOf({ ssrcs = [] }: MediaDescription): { cname?: string } {
  const cname = ssrcs.find(({ attribute }) => attribute === 'cname')?.value;
  return cname === undefined ? {} : { cname: String(cname) };
}

function msidOf({ msid = [], ssrcs = [] }: MediaDescription): { msid?: string } {
  const [first] = msid;
  if (first) return { msid: first.appdata === undefined ? String(first.id) : `${first.id} ${first.appdata}` };
  // Older clients write it as an attribute of the SSRC (RFC 5576).
  const ssrcMsid = ssrcs.find(({ attribute }) => attribute === 'msid')?.value;
  return ssrcMsid === undefined ? {} : { msid: String(ssrcMsid) };
}
