import type { types } from 'mediasoup';
import type { CodecName } from '../../core/codecs.ts';
import { deepFreeze } from '../../core/freeze.ts';
import { telephoneEvent, telephoneEventCodecs } from '../quirks/telephone-events.ts';

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

/** The router's codec list for these names, the preferred first. mediasoup copies it. */
export function mediaCodecs(names: readonly CodecName[]): types.RouterRtpCodecCapability[] {
  const media = names.flatMap((name) => codecs[name]);
  const rates = new Set(media.filter(({ kind }) => kind === 'audio').map(({ clockRate }) => clockRate));
  const events = names.includes(telephoneEvent) ? telephoneEventCodecs(rates) : [];
  return [...media, ...events];
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
