import type { types } from 'mediasoup';
import { mayCarryMid } from '../../sfu/quirks/mids.ts';
import { feedbackLines, rtpMap, type Section } from './answer.ts';
import {
  codecsOf,
  commonFeedback,
  formatOf,
  formatsOf,
  isRtx,
  matchIn,
  type OfferedCodec,
  retransmissionOf,
} from './codecs.ts';
import { type OfferedMedia, unacceptableOffer } from './offer.ts';

type Extension = types.RtpHeaderExtension;

/** A codec that a publication uses and the player supports. */
export interface PlayableCodec {
  /** As the player's offer describes it. */
  readonly offered: OfferedCodec;
  /** As the router describes it. */
  readonly known: types.RtpCodecCapability;
  /** Whether the player supports retransmissions in a stream of their own (RFC 4588). */
  readonly withRtx: boolean;
}

/**
 * Finds the codec of a section that matches the codec of a publication.
 * @throws SfuError unacceptable_offer when there is none
 */
export function playableCodec(
  { kind, description }: OfferedMedia,
  sent: types.RtpCodecParameters,
  { codecs = [] }: types.RtpCapabilities,
): PlayableCodec {
  const offers = codecsOf(description);
  const asOffered = { ...sent, parameters: sent.parameters ?? {}, feedback: [] };
  const known = matchIn(codecs, asOffered);
  const offered = known && offers.find((codec) => !isRtx(codec.mimeType) && matchIn([known], codec));
  if (known && offered) return { offered, known, withRtx: retransmissionOf(offers, offered) !== undefined };
  throw unacceptableOffer(
    `the ${kind} is sent as ${formatOf(asOffered)}, and the player offers ${formatsOf(offers)}; offer what is sent, or publish with what the player has`,
  );
}

/**
 * The header extensions that both sides support under the same id: a receiver reads the ids of its own offer (RFC 8285,
 * section 5), and mediasoup writes the router's ids to everyone.
 */
export function extensionsFor(
  { kind, mid, description }: OfferedMedia,
  { headerExtensions = [] }: types.RtpCapabilities,
): Extension[] {
  const { ext = [] } = description;
  const sent = headerExtensions.filter((known) => known.kind === kind && known.direction !== 'recvonly');
  return sent.filter(({ uri, preferredId }) => {
    if (uri === midUri && !mayCarryMid(mid)) return false;
    return ext.some(
      (offered) =>
        offered.uri === uri &&
        offered.value === preferredId &&
        offered.direction !== 'sendonly' &&
        !offered['encrypt-uri'],
    );
  });
}

/** The header extensions that both sides support, whatever their ids: for a counter-offer, whose ids the player uses. */
export function commonExtensions(
  { kind, description }: OfferedMedia,
  { headerExtensions = [] }: types.RtpCapabilities,
): Extension[] {
  const { ext = [] } = description;
  return headerExtensions.filter(
    (known) =>
      known.kind === kind && known.direction !== 'recvonly' && ext.some(({ uri }) => uri === known.uri),
  );
}

/** The capabilities with which a consumer is made for a section. */
export function capabilitiesOf(
  kind: types.MediaKind,
  { known, offered }: PlayableCodec,
  options: { payloadType: number; extensions: readonly Extension[]; withRtx: boolean },
): types.RtpCapabilities {
  const { payloadType, extensions, withRtx } = options;
  const hasTransportCc = extensions.some(({ uri }) => uri === transportCc);
  const rtcpFeedback = commonFeedback(known.rtcpFeedback, offered.feedback, hasTransportCc);
  const codec = { ...known, preferredPayloadType: payloadType, rtcpFeedback };
  const rtx: types.RtpCodecCapability = {
    kind,
    mimeType: 'video/rtx',
    clockRate: known.clockRate,
    // Any payload type will do: mediasoup uses the router's.
    preferredPayloadType: payloadType === 127 ? 126 : payloadType + 1,
    parameters: { apt: payloadType },
  };
  return { codecs: withRtx ? [codec, rtx] : [codec], headerExtensions: [...extensions] };
}

const midUri = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** A section in which a consumer is sent. */
export function watchedSection(options: {
  mid: string;
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
  /** The text of a=fmtp; by default that of the publication. */
  config?: string;
  stream: string;
  track: string;
}): Section {
  const { mid, kind, rtpParameters, config, stream, track } = options;
  const { codecs, headerExtensions = [], encodings = [], rtcp } = rtpParameters;
  const [encoding] = encodings;
  const ssrcs = [encoding?.ssrc, encoding?.rtx?.ssrc].filter((ssrc) => ssrc !== undefined);
  return {
    type: kind,
    mid,
    direction: 'sendonly',
    payloads: codecs.map(({ payloadType }) => payloadType).join(' '),
    rtp: codecs.map(rtpMap),
    fmtp: codecs.flatMap((codec, index) => {
      const text = (index === 0 ? config : undefined) ?? parametersText(codec);
      return text === '' ? [] : [{ payload: codec.payloadType, config: text }];
    }),
    rtcpFb: codecs.flatMap(feedbackLines),
    ext: headerExtensions.map(({ id, uri }) => ({ value: id, uri })),
    msid: [{ id: stream, appdata: track }],
    ssrcs: ssrcs.flatMap((id) => [
      { id, attribute: 'cname', value: rtcp?.cname ?? stream },
      { id, attribute: 'msid', value: `${stream} ${track}` },
    ]),
    ...(ssrcs.length === 2 && { ssrcGroups: [{ semantics: 'FID', ssrcs: ssrcs.join(' ') }] }),
  };
}

/** A section in which nothing is sent. It is inactive, not rejected, because a rejected one must leave the bundle. */
export function silentSection({ mid, kind, description }: OfferedMedia): Section {
  const codec = codecsOf(description).find(({ mimeType }) => !isRtx(mimeType));
  if (!codec) throw unacceptableOffer(`the ${kind} section "${mid}" has no codec; offer one`);
  const { payloadType, mimeType, clockRate, channels, config } = codec;
  return {
    type: kind,
    mid,
    direction: 'inactive',
    payloads: String(payloadType),
    rtp: [rtpMap({ payloadType, mimeType, clockRate, channels })],
    fmtp: config === undefined ? [] : [{ payload: payloadType, config }],
  };
}

function parametersText({ parameters = {} }: types.RtpCodecParameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}
