import type { types } from 'mediasoup';
import type { CodecName } from '../../core/codecs.ts';

/**
 * A worker accepts the codec telephone-event (RFC 4733: the keys that are pressed on telephones) and drops its packets,
 * since a consumer forwards media codecs only (3.27.1, worker/src/RTC/Consumer.cpp, `IsMediaCodec`).
 * Upstream: no issue found.
 * Without this no key that is pressed reaches anybody.
 *
 * The worker is given a media codec that nobody uses instead. Its name is known in this file alone: everyone outside
 * reads and writes telephone-event.
 */
export const telephoneEvent = 'telephone-event' satisfies CodecName;
const mimeType = `audio/${telephoneEvent}`;

type Codec = types.RtpCodecCapability | types.RtpCodecParameters;

interface StandIn {
  readonly mimeType: `audio/${string}`;
  readonly payloadType: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * By clock rate, which is that of the voice beside them. mediasoup assigns payload types from 100 on, and these two
 * last.
 */
const standIns: Readonly<Record<number, StandIn>> = {
  8000: { mimeType: 'audio/iLBC', payloadType: 96, channels: 1, parameters: {} },
  48000: {
    mimeType: 'audio/multiopus',
    payloadType: 97,
    channels: 4,
    // By these mediasoup tells one multiopus from another.
    parameters: { channel_mapping: '0,1,2,3', num_streams: 2, coupled_streams: 2 },
  },
};

/** The codecs by which a router carries them beside voices of these clock rates. */
export function telephoneEventCodecs(clockRates: Iterable<number>): types.RouterRtpCodecCapability[] {
  return [...clockRates].flatMap((clockRate) => {
    const standIn = standIns[clockRate];
    if (!standIn) return [];
    const { payloadType, ...codec } = standIn;
    return [{ kind: 'audio', clockRate, preferredPayloadType: payloadType, ...codec }];
  });
}

/** RTP parameters or capabilities as the worker gets them. */
export function disguised<T extends { codecs?: Codec[] }>(rtp: T): T {
  return withCodecs(rtp, (codec) => {
    const standIn = codec.mimeType.toLowerCase() === mimeType ? standIns[codec.clockRate] : undefined;
    if (!standIn) return codec;
    const { channels, parameters } = standIn;
    return { ...codec, mimeType: standIn.mimeType, channels, parameters };
  });
}

/** RTP parameters or capabilities of the worker as everyone else sees them. */
export function undisguised<T extends { codecs?: Codec[] }>(rtp: T): T {
  return withCodecs(rtp, (codec) => {
    if (standIns[codec.clockRate]?.mimeType.toLowerCase() !== codec.mimeType.toLowerCase()) return codec;
    return { ...codec, mimeType, channels: 1, parameters: {} };
  });
}

/** The same object when nothing changes, which is nearly always: this is done for every track. */
function withCodecs<T extends { codecs?: Codec[] }>(rtp: T, change: (codec: Codec) => Codec): T {
  const { codecs = [] } = rtp;
  const changed = codecs.map(change);
  return changed.every((codec, index) => codec === codecs[index]) ? rtp : { ...rtp, codecs: changed };
}
