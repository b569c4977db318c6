import type { types } from 'mediasoup';
import { mayCarryMid } from '../../sfu/quirks/mids.ts';
import { feedbackLines, rtpMap, type Section } from './answer.ts';
import { codecsOf, commonFeedback, isRtx, matchIn, type OfferedCodec, retransmissionOf } from './codecs.ts';
import { type OfferedMedia, unacceptable } from './offer.ts';

type Extension = types.RtpHeaderExtension;

/** A codec that the room sends and the player can play. */
export interface PlayableCodec {
  /** In the words of the player. */
  readonly offered: OfferedCodec;
  /** In the words of the router. */
  readonly known: types.RtpCodecCapability;
  /** Whether the player takes retransmissions as a stream of their own (RFC 4588). */
  readonly withRtx: boolean;
}

/**
 * The codec of a section by which a player can take what is sent with one.
 * @throws SfuError unacceptable_offer when it has none
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
  throw unacceptable(
    `the ${kind} is sent with ${sent.mimeType.split('/')[1]}, which the player does not offer; offer it, or let the publisher send another codec`,
  );
}

/**
 * The header extensions that a player takes and that the router sends under the very ids of its offer: a receiver goes
 * by its own offer (RFC 8285, section 5), and mediasoup writes the same ids for everyone.
 */
export function extensionsFor(
  { kind, mid, description }: OfferedMedia,
  { headerExtensions = [] }: types.RtpCapabilities,
): Extension[] {
  const { ext = [] } = description;
  const sent = headerExtensions.filter((one) => one.kind === kind && one.direction !== 'recvonly');
  return sent.filter(({ uri, preferredId }) => {
    if (uri === midUri && !mayCarryMid(mid)) return false;
    return ext.some(
      (one) =>
        one.uri === uri && one.value === preferredId && one.direction !== 'sendonly' && !one['encrypt-uri'],
    );
  });
}

/** The same without regard to ids, for a description of ours by which the player then goes. */
export function commonExtensions(
  { kind, description }: OfferedMedia,
  { headerExtensions = [] }: types.RtpCapabilities,
): Extension[] {
  const { ext = [] } = description;
  return headerExtensions.filter(
    (one) => one.kind === kind && one.direction !== 'recvonly' && ext.some(({ uri }) => uri === one.uri),
  );
}

/** What a consumer may send to a section. */
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
    // The router has its own number for it; what counts is that there is one.
    preferredPayloadType: payloadType === 127 ? 126 : payloadType + 1,
    parameters: { apt: payloadType },
  };
  return { codecs: withRtx ? [codec, rtx] : [codec], headerExtensions: [...extensions] };
}

const midUri = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** A section that carries a consumer. */
export function watchedSection(options: {
  mid: string;
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
  /** The text of a=fmtp; the sender's own unless told. */
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

/** A section for which there is nothing to send. It stays in the bundle, which a rejected one would have to leave. */
export function silentSection({ mid, kind, description }: OfferedMedia): Section {
  const codec = codecsOf(description).find(({ mimeType }) => !isRtx(mimeType));
  if (!codec) throw unacceptable(`the ${kind} section "${mid}" has no codec; offer one`);
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
