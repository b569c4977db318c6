import type { MethodParams } from '../../src/signaling/methods/index.ts';

/** What a client can receive: Opus and VP8, as a browser words it but for what a test does not need. */
export const receivesOpusAndVp8: NonNullable<MethodParams<'join'>['rtpCapabilities']> = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      preferredPayloadType: 100,
      clockRate: 48000,
      channels: 2,
      parameters: { useinbandfec: 1 },
    },
    { kind: 'video', mimeType: 'video/VP8', preferredPayloadType: 101, clockRate: 90000, parameters: {} },
  ],
  headerExtensions: [{ kind: 'audio', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', preferredId: 1 }],
};

/** The client's side of DTLS. */
export function dtlsOf(role: 'client' | 'server'): MethodParams<'connectWebRtcTransport'>['dtlsParameters'] {
  const value = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(':');
  return { role, fingerprints: [{ algorithm: 'sha-256', value }] };
}
