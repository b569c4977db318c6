import { isSameProfile } from 'h264-profile-level-id';
import type { types } from 'mediasoup';
import { type MediaDescription, parseParams } from 'sdp-transform';

/** A codec of an m= section, in its own words. */
export interface OfferedCodec {
  readonly payloadType: number;
  readonly mimeType: string;
  readonly clockRate: number;
  /** Only of audio; one where the section does not say. */
  readonly channels?: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The text of a=fmtp, which an answer repeats. */
  readonly config?: string;
  readonly feedback: readonly types.RtcpFeedback[];
}

/** The codecs of a section, the preferred first (RFC 3264, section 5.1). */
export function codecsOf(description: MediaDescription): OfferedCodec[] {
  const { type, payloads = '', rtp, fmtp, rtcpFb = [] } = description;
  return String(payloads)
    .split(' ')
    .map(Number)
    .flatMap((payloadType) => {
      const map = rtp.find(({ payload }) => payload === payloadType);
      if (!map) return [];
      const line = fmtp.find(({ payload }) => payload === payloadType);
      // The parser makes a number of what looks like one, whatever its types say.
      const config = line && String(line.config);
      const feedback = rtcpFb
        .filter(({ payload }) => payload === payloadType || payload === '*')
        .map(({ type: kind, subtype }) => ({ type: kind, parameter: subtype ?? '' }));
      return [
        {
          payloadType,
          mimeType: `${type}/${map.codec}`,
          clockRate: map.rate ?? 90000,
          ...(type === 'audio' && { channels: map.encoding ?? 1 }),
          parameters: config === undefined ? {} : parseParams(config),
          ...(config !== undefined && { config }),
          feedback,
        },
      ];
    });
}

/** The retransmission (RFC 4588) of a codec in its section. */
export function retransmissionOf(
  codecs: readonly OfferedCodec[],
  { payloadType }: Pick<OfferedCodec, 'payloadType'>,
): OfferedCodec | undefined {
  return codecs.find(({ mimeType, parameters }) => isRtx(mimeType) && Number(parameters.apt) === payloadType);
}

export function isRtx(mimeType: string): boolean {
  return mimeType.toLowerCase().endsWith('/rtx');
}

/** The codec of the router that is the same as an offered one. */
export function matchIn(
  codecs: readonly types.RtpCodecCapability[],
  offered: OfferedCodec,
): types.RtpCodecCapability | undefined {
  const alike = codecs.filter((codec) => isAlike(codec, offered));
  return (
    alike.find((codec) => isSame(codec, offered)) ?? alike.find((codec) => isSameH264Family(codec, offered))
  );
}

function isAlike(codec: types.RtpCodecCapability, offered: OfferedCodec): boolean {
  return (
    codec.mimeType.toLowerCase() === offered.mimeType.toLowerCase() &&
    codec.clockRate === offered.clockRate &&
    (codec.channels ?? 1) === (offered.channels ?? 1)
  );
}

function isSame({ mimeType, parameters = {} }: types.RtpCodecCapability, offered: OfferedCodec): boolean {
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
 * Encoders name H264 profiles loosely: "baseline" for what has none of the parts that the constrained one lacks, "high"
 * for what browsers decode as constrained high. The first byte, the profile itself, has to be the same (RFC 6184).
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

/** What both sides give feedback on. One way of estimating the bandwidth is enough: transport-cc where both have it. */
export function commonFeedback(
  known: readonly types.RtcpFeedback[] = [],
  offered: readonly types.RtcpFeedback[],
  hasTransportCc: boolean,
): types.RtcpFeedback[] {
  return offered.filter(({ type, parameter }) => {
    if (type === (hasTransportCc ? 'goog-remb' : 'transport-cc')) return false;
    return known.some((one) => one.type === type && (one.parameter ?? '') === parameter);
  });
}
