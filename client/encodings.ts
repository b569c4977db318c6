import type { types } from 'mediasoup-client';
import type { TrackSource } from './sources.ts';

/** How a track is encoded. The defaults depend on the source. */
export interface EncodingOptions {
  /** Video codecs by preference, e.g. ['vp9', 'vp8']; the first that both sides support is used, else any. */
  readonly codecs?: readonly string[];
  /** Bits a second of the best layer. */
  readonly maxBitrate?: number;
  /** Sends several qualities, so that every receiver gets one that fits its bandwidth. Default for video. */
  readonly simulcast?: boolean;
  /** What is reduced when there is too little bandwidth or CPU. */
  readonly degradationPreference?: RTCDegradationPreference;
  /** Opus: a silent microphone sends almost nothing. Default for the microphone. */
  readonly dtx?: boolean;
}

const defaultBitrates: Record<TrackSource, number> = {
  microphone: 40_000,
  screenAudio: 96_000,
  camera: 1_700_000,
  screen: 2_500_000,
};

const defaultDegradation: Partial<Record<TrackSource, RTCDegradationPreference>> = {
  camera: 'balanced',
  // Text must stay readable.
  screen: 'maintain-resolution',
};

/**
 * Bits a second of the smallest of three sizes. Half of its pictures are enough to show it (L1T3 in libwebrtc gives them
 * some 40 % of the bits), so that it fits a line of 100 kbit/s beside the sound.
 */
const smallestBitrate = 100_000;

/** Codecs that carry their layers in one stream (SVC) instead of in several (simulcast). */
const layered = /^video\/(vp9|av1)$/i;

/** The first of the preferred codecs that can be sent; undefined leaves the choice to the device. */
export function chooseCodec(
  capabilities: types.RtpCapabilities,
  wanted: readonly string[] = [],
): types.RtpCodecCapability | undefined {
  const codecs = capabilities.codecs ?? [];
  return wanted
    .map((name) => codecs.find(({ mimeType }) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`))
    .find((codec) => codec !== undefined);
}

/** What to hand to mediasoup-client's produce() for a track. */
export function producerOptions(
  source: TrackSource,
  track: MediaStreamTrack,
  options: EncodingOptions,
  capabilities: types.RtpCapabilities,
): Pick<types.ProducerOptions, 'encodings' | 'codec' | 'codecOptions'> {
  const maxBitrate = options.maxBitrate ?? defaultBitrates[source];
  if (track.kind === 'audio') {
    const music = source === 'screenAudio';
    const opusDtx = options.dtx ?? !music;
    return { codecOptions: { opusStereo: music, opusFec: true, opusDtx, opusMaxAverageBitrate: maxBitrate } };
  }
  const codec = chooseCodec(capabilities, options.codecs);
  const codecOptions = { videoGoogleStartBitrate: 1000 };
  const sent = codec ?? capabilities.codecs?.find(({ kind }) => kind === 'video');
  const encodings = videoEncodings({ source, track, maxBitrate, simulcast: options.simulcast ?? true, sent });
  return { codec, codecOptions, encodings };
}

function videoEncodings(plan: {
  source: TrackSource;
  track: MediaStreamTrack;
  maxBitrate: number;
  simulcast: boolean;
  sent: types.RtpCodecCapability | undefined;
}): types.RtpEncodingParameters[] {
  const { source, track, maxBitrate, simulcast, sent } = plan;
  const layers = simulcast ? layerCount(source, track) : 1;
  if (sent && layered.test(sent.mimeType)) return [{ maxBitrate, scalabilityMode: `L${layers}T3_KEY` }];
  const scalabilityMode = 'L1T3';
  // From the smallest to the full size; each layer has half the width of the next one and a third of its bits.
  return Array.from({ length: layers }, (_, index) => {
    const below = layers - 1 - index;
    const share = Math.round(maxBitrate / 3 ** below);
    return {
      scaleResolutionDownBy: 2 ** below,
      maxBitrate: index === 0 && layers === 3 ? Math.min(share, smallestBitrate) : share,
      scalabilityMode,
    };
  });
}

/** Browsers give no third layer to a small picture (libwebrtc: under 960x540). */
function layerCount(source: TrackSource, track: MediaStreamTrack): number {
  const { width = 1280, height = 720 } = track.getSettings?.() ?? {};
  if (source === 'screen') return 2;
  return width * height >= 960 * 540 ? 3 : width * height >= 480 * 270 ? 2 : 1;
}

/** Sets what the browser reduces first. Browsers that do not know the field ignore it. */
export async function setDegradation(
  sender: RTCRtpSender | undefined,
  source: TrackSource,
  wanted: RTCDegradationPreference | undefined,
): Promise<void> {
  const degradationPreference = wanted ?? defaultDegradation[source];
  if (!sender || !degradationPreference) return;
  const parameters = sender.getParameters();
  await sender.setParameters({ ...parameters, degradationPreference });
}
