import { isSameProfile } from 'h264-profile-level-id';
import type { types } from 'mediasoup';
import { type MediaDescription, parseParams } from 'sdp-transform';

/** A codec as an m= section describes it. */
export interface OfferedCodec {
  readonly payloadType: number;
  readonly mimeType: string;
  readonly clockRate: number;
  /** For audio only; 1 when the section does not say. */
  readonly channels?: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The text of a=fmtp, which an answer repeats. */
  readonly config?: string;
  readonly feedback: readonly types.RtcpFeedback[];
}

/** The codecs of a section, the preferred one first (RFC 3264, section 5.1). */
export function codecsOf(description: MediaDescription): OfferedCodec[] {
  const { type, payloads = '', rtp, fmtp, rtcpFb = [] } = description;
  const maps = firstByPayload(rtp);
  const configs = firstByPayload(fmtp);
  const feedbacks = Map.groupBy(rtcpFb, ({ payload }) => payload);
  const payloadTypes = new Set(String(payloads).split(' ').map(Number));
  return [...payloadTypes].flatMap((payloadType) => {
    const map = maps.get(payloadType);
    if (!map) return [];
    // The parser turns text that looks like a number into one, although its type says string.
    const config = configs.has(payloadType) ? String(configs.get(payloadType)?.config) : undefined;
    const feedback = [...(feedbacks.get(payloadType) ?? []), ...(feedbacks.get('*') ?? [])];
    return [
      {
        payloadType,
        mimeType: `${type}/${map.codec}`,
        clockRate: map.rate ?? 90000,
        ...(type === 'audio' && { channels: map.encoding ?? 1 }),
        parameters: config === undefined ? {} : parseParams(config),
        ...(config !== undefined && { config }),
        feedback: feedback.map(({ type: kind, subtype }) => ({ type: kind, parameter: subtype ?? '' })),
      },
    ];
  });
}

/** Of several lines for a payload type the first counts. */
function firstByPayload<T extends { payload: number }>(lines: readonly T[]): Map<number, T> {
  return new Map(lines.toReversed().map((line) => [line.payload, line]));
}

/** A codec in words, with what has to be the same on both sides. */
export function formatOf({
  mimeType,
  parameters = {},
}: Pick<types.RtpCodecCapability, 'mimeType' | 'parameters'>) {
  const [, name = mimeType] = mimeType.split('/');
  const given = (key: string, otherwise: string) =>
    `${key}=${parameters[key] ?? `${otherwise}, as it is not named`}`;
  switch (mimeType.toLowerCase()) {
    case 'video/h264':
      return `${name} (${given('profile-level-id', '42000a')}; ${given('packetization-mode', '0')})`;
    case 'video/vp9':
      return `${name} (${given('profile-id', '0')})`;
    default:
      return name;
  }
}

/** Several of them, each once, without the streams of retransmissions. */
export function formatsOf(
  codecs: readonly Pick<types.RtpCodecCapability, 'mimeType' | 'parameters'>[],
): string {
  const formats = codecs.filter(({ mimeType }) => !isRtx(mimeType)).map(formatOf);
  return [...new Set(formats)].join(', ') || 'none';
}

/** The RTX codec (RFC 4588) that belongs to a codec of the same section. */
export function retransmissionOf(
  codecs: readonly OfferedCodec[],
  { payloadType }: Pick<OfferedCodec, 'payloadType'>,
): OfferedCodec | undefined {
  return codecs.find(({ mimeType, parameters }) => isRtx(mimeType) && Number(parameters.apt) === payloadType);
}

export function isRtx(mimeType: string): boolean {
  return mimeType.toLowerCase().endsWith('/rtx');
}

/** Finds the router's codec that matches an offered one. */
export function matchIn(
  codecs: readonly types.RtpCodecCapability[],
  offered: OfferedCodec,
): types.RtpCodecCapability | undefined {
  const candidates = codecs.filter((codec) => isSameFormat(codec, offered));
  return (
    candidates.find((codec) => hasSameProfile(codec, offered)) ??
    candidates.find((codec) => isSameH264Family(codec, offered))
  );
}

function isSameFormat(codec: types.RtpCodecCapability, offered: OfferedCodec): boolean {
  return (
    codec.mimeType.toLowerCase() === offered.mimeType.toLowerCase() &&
    codec.clockRate === offered.clockRate &&
    (codec.channels ?? 1) === (offered.channels ?? 1)
  );
}

function hasSameProfile(
  { mimeType, parameters = {} }: types.RtpCodecCapability,
  offered: OfferedCodec,
): boolean {
  switch (mimeType.toLowerCase()) {
    case 'video/h264':
      return isSameMode(parameters, offered) && isSameProfile(parameters, offered.parameters);
    case 'video/vp9':
      return Number(parameters['profile-id'] ?? 0) === Number(offered.parameters['profile-id'] ?? 0);
    default:
      return true;
  }
}

/**
 * Encoders name H264 profiles loosely: "baseline" for streams that are constrained baseline, "high" for streams that
 * browsers decode as constrained high. Only the first byte, profile_idc, has to be the same (RFC 6184).
 */
function isSameH264Family(
  { mimeType, parameters = {} }: types.RtpCodecCapability,
  offered: OfferedCodec,
): boolean {
  if (mimeType.toLowerCase() !== 'video/h264' || !isSameMode(parameters, offered)) return false;
  const profileOf = (id: unknown) =>
    String(id ?? '42000a')
      .slice(0, 2)
      .toLowerCase();
  return profileOf(parameters['profile-level-id']) === profileOf(offered.parameters['profile-level-id']);
}

function isSameMode(parameters: Readonly<Record<string, unknown>>, offered: OfferedCodec): boolean {
  const modeOf = (from: Readonly<Record<string, unknown>>) => Number(from['packetization-mode'] ?? 0);
  return modeOf(parameters) === modeOf(offered.parameters);
}

/**
 * The feedback that both sides support, with one way of bandwidth estimation: transport-cc when both sides have it,
 * else REMB.
 */
export function commonFeedback(
  known: readonly types.RtcpFeedback[] = [],
  offered: readonly types.RtcpFeedback[],
  hasTransportCc: boolean,
): types.RtcpFeedback[] {
  return offered.filter(({ type, parameter }) => {
    if (type === (hasTransportCc ? 'goog-remb' : 'transport-cc')) return false;
    return known.some((entry) => entry.type === type && (entry.parameter ?? '') === parameter);
  });
}
