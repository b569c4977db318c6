import type { types } from 'mediasoup';
import type { CodecName } from '../../core/codecs.ts';

/**
 * The keys that are pressed on telephones, sent as packets between those of the voice (RFC 4733). mediasoup knows the
 * codec telephone-event, but its worker drops the packets: a consumer forwards only what counts as media there
 * (Consumer.cpp, 3.27.1). So the worker is told of them under the name of a codec that nobody uses and that it takes
 * for media. That name is known in this file alone: whoever talks to a room reads and writes telephone-event.
 */
type Codec = types.RtpCodecCapability | types.RtpCodecParameters;

/** The name under which a room offers them. */
export const telephoneEvent = 'telephone-event' satisfies CodecName;
const mimeType = `audio/${telephoneEvent}`;

interface StandIn {
  readonly mimeType: `audio/${string}`;
  readonly payloadType: number;
  readonly channels: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * By clock rate, which is that of the voice beside them. mediasoup gives out payload types from 100 on, and these two
 * the very last.
 */
const standIns: Readonly<Record<number, StandIn>> = {
  8000: { mimeType: 'audio/iLBC', payloadType: 96, channels: 1, parameters: {} },
  48000: {
    mimeType: 'audio/multiopus',
    payloadType: 97,
    channels: 4,
    // mediasoup looks at these to tell one multiopus from another.
    parameters: { channel_mapping: '0,1,2,3', num_streams: 2, coupled_streams: 2 },
  },
};

/** What a router has to be told to carry them beside voices of these clock rates. */
export function telephoneEventCodecs(clockRates: Iterable<number>): types.RouterRtpCodecCapability[] {
  return [...clockRates].flatMap((clockRate) => {
    const standIn = standIns[clockRate];
    if (!standIn) return [];
    const { payloadType, ...codec } = standIn;
    return [{ kind: 'audio', clockRate, preferredPayloadType: payloadType, ...codec }];
  });
}

/** As the worker has to be told. */
export function disguised<T extends { codecs?: Codec[] }>(rtp: T): T {
  return withCodecs(rtp, (codec) => {
    const standIn = codec.mimeType.toLowerCase() === mimeType ? standIns[codec.clockRate] : undefined;
    if (!standIn) return codec;
    const { channels, parameters } = standIn;
    return { ...codec, mimeType: standIn.mimeType, channels, parameters };
  });
}

/** As everybody else has to be told. */
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
