import type { types } from 'mediasoup';
import type { CodecName } from '../../core/codecs.ts';
import { disguised, telephoneEvent, telephoneEventCodecs } from '../quirks/telephone-events.ts';

const h264 = (profileLevelId: string): types.RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': profileLevelId, 'level-asymmetry-allowed': 1 },
});

/**
 * The codecs that a room can offer, by the name that TUREEN_CODECS uses.
 * H264: constrained baseline (42e01f, every browser), constrained high (640c34, Safari and hardware) and main
 * (4d001f, Chromium), RFC 6184. https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/
 */
const codecs: Readonly<Record<CodecName, readonly types.RouterRtpCodecCapability[]>> = {
  opus: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      clockRate: 48000,
      channels: 2,
      // In-band FEC lets a decoder repair a lost packet from the next one (RFC 7587).
      parameters: { useinbandfec: 1 },
    },
  ],
  // What telephones speak (RFC 3551). G722 samples at 16 kHz and, by a mistake of old, says 8000 in RTP.
  PCMU: [{ kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000, preferredPayloadType: 0 }],
  PCMA: [{ kind: 'audio', mimeType: 'audio/PCMA', clockRate: 8000, preferredPayloadType: 8 }],
  G722: [{ kind: 'audio', mimeType: 'audio/G722', clockRate: 8000, preferredPayloadType: 9 }],
  VP8: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90000 }],
  VP9: [
    { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 0 } },
    { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 2 } },
  ],
  H264: [h264('42e01f'), h264('4d001f'), h264('640c34')],
  AV1: [{ kind: 'video', mimeType: 'video/AV1', clockRate: 90000 }],
  // One for each clock rate of the voices beside it, which quirks/telephone-events.ts makes.
  'telephone-event': [],
};

/** The router's codec list for these names, the preferred first. Always a fresh copy, for mediasoup keeps what it gets. */
export function mediaCodecs(names: readonly CodecName[]): types.RouterRtpCodecCapability[] {
  const media = names.flatMap((name) => codecs[name]);
  const rates = new Set(media.filter(({ kind }) => kind === 'audio').map(({ clockRate }) => clockRate));
  const events = names.includes(telephoneEvent) ? telephoneEventCodecs(rates) : [];
  return structuredClone([...media, ...events]);
}

/** The codec of a track as metrics and the admin page name it, e.g. "vp8". */
export function codecOf(rtpParameters: types.RtpParameters): string {
  return (rtpParameters.codecs[0]?.mimeType.split('/')[1] ?? 'unknown').toLowerCase();
}

const shared = new Map<string, WeakRef<types.RtpCapabilities>>();
const unused = new FinalizationRegistry((hash: string) => {
  if (shared.get(hash)?.deref() === undefined) shared.delete(hash);
});

/**
 * Gives clients, and rooms, that can receive the same one and the same list, frozen. Browsers of one version send the
 * same, some two hundred objects, which every peer would hold otherwise.
 */
export function shareCapabilities(capabilities: types.RtpCapabilities): types.RtpCapabilities {
  const hash = new Bun.CryptoHasher('sha256').update(JSON.stringify(capabilities)).digest('base64');
  const known = shared.get(hash)?.deref();
  if (known) return known;
  shared.set(hash, new WeakRef(deepFreeze(capabilities)));
  unused.register(capabilities, hash);
  return capabilities;
}

const matching = new WeakMap<types.RtpCapabilities, Map<string, types.RtpCapabilities>>();

/**
 * Of what a client can receive, the part that matters for one codec: that codec, its retransmission (RFC 4588), the keys
 * that are pressed beside it (RFC 4733) and the header extensions of its kind. mediasoup copies and checks the whole list for each consumer, and a browser's is long.
 */
export function capabilitiesFor(capabilities: types.RtpCapabilities, codec: string): types.RtpCapabilities {
  const known = matching.get(capabilities) ?? new Map<string, types.RtpCapabilities>();
  matching.set(capabilities, known);
  const part = known.get(codec) ?? partFor(capabilities, codec);
  known.set(codec, part);
  return part;
}

function partFor(
  { codecs = [], headerExtensions = [] }: types.RtpCapabilities,
  codec: string,
): types.RtpCapabilities {
  const own = codecs.filter(({ mimeType }) => mimeType.toLowerCase().endsWith(`/${codec}`));
  const payloadTypes = new Set(own.map(({ preferredPayloadType }) => preferredPayloadType));
  const retransmission = codecs.filter(
    ({ mimeType, parameters }) =>
      mimeType.toLowerCase().endsWith('/rtx') && payloadTypes.has(Number(parameters?.apt)),
  );
  const kinds = new Set(own.map(({ kind }) => kind));
  const rates = new Set(own.map(({ clockRate }) => clockRate));
  const pressed = codecs.filter(
    ({ mimeType, clockRate }) => mimeType.toLowerCase() === `audio/${telephoneEvent}` && rates.has(clockRate),
  );
  return disguised({
    codecs: [...own, ...retransmission, ...pressed],
    headerExtensions: headerExtensions.filter(({ kind }) => kinds.has(kind)),
  });
}

/**
 * Lets all consumers of a producer share one copy, frozen, of what can be consumed of it. mediasoup only reads it, and
 * copies it three times for each consumer otherwise (mediasoup 3.27.1, Transport.js).
 */
export function shareConsumable(producer: types.Producer): void {
  Object.defineProperty(producer, 'consumableRtpParameters', {
    value: deepFreeze(producer.consumableRtpParameters),
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
