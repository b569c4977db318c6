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

/** A packet with 40 bytes of nothing, 10 milliseconds of sound after the one before it. */
export function rtpPacket(of: {
  ssrc: number;
  payloadType: number;
  sequence: number;
}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + 40);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, of.payloadType);
  view.setUint16(2, of.sequence % 65_536);
  view.setUint32(4, of.sequence * 480);
  view.setUint32(8, of.ssrc);
  return bytes;
}

/** Reports (RTCP) have packet types from 200 on. */
export function isRtp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type < 200 || type > 206;
}

/** The client's side of DTLS. */
export function dtlsOf(role: 'client' | 'server'): MethodParams<'connectWebRtcTransport'>['dtlsParameters'] {
  const value = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(':');
  return { role, fingerprints: [{ algorithm: 'sha-256', value }] };
}
