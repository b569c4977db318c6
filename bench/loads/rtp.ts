/** What a browser sends to publish a microphone and a camera, as mediasoup-client in Chromium makes it. */

interface Extension {
  uri: string;
  id: number;
}

const extension = (id: number, uri: string): Extension => ({ uri, id });
const shared = [
  extension(4, 'urn:ietf:params:rtp-hdrext:sdes:mid'),
  extension(2, 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'),
  extension(3, 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'),
];
const congestion = { type: 'transport-cc', parameter: '' };

/** RTP parameters of one microphone: Opus. */
export const microphone = {
  mid: '0',
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48000,
      channels: 2,
      parameters: { minptime: 10, useinbandfec: 1, 'sprop-stereo': 1, usedtx: 1 },
      rtcpFeedback: [congestion, { type: 'nack', parameter: '' }],
    },
  ],
  headerExtensions: [...shared, extension(1, 'urn:ietf:params:rtp-hdrext:ssrc-audio-level')],
  encodings: [{ ssrc: 1_000_001, dtx: false }],
  rtcp: { cname: 'bench', reducedSize: true },
};

/** RTP parameters of one camera: VP8 in three sizes. */
export const camera = {
  mid: '1',
  codecs: [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90000,
      parameters: {},
      rtcpFeedback: [
        { type: 'goog-remb', parameter: '' },
        congestion,
        { type: 'ccm', parameter: 'fir' },
        { type: 'nack', parameter: '' },
        { type: 'nack', parameter: 'pli' },
      ],
    },
    {
      mimeType: 'video/rtx',
      payloadType: 97,
      clockRate: 90000,
      parameters: { apt: 96 },
      rtcpFeedback: [],
    },
  ],
  headerExtensions: [
    ...shared,
    extension(5, 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id'),
    extension(6, 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id'),
    extension(7, 'urn:3gpp:video-orientation'),
    extension(8, 'urn:ietf:params:rtp-hdrext:toffset'),
  ],
  encodings: [
    { rid: 'r0', maxBitrate: 150_000, scalabilityMode: 'L1T3', dtx: false },
    { rid: 'r1', maxBitrate: 500_000, scalabilityMode: 'L1T3', dtx: false },
    { rid: 'r2', maxBitrate: 1_500_000, scalabilityMode: 'L1T3', dtx: false },
  ],
  rtcp: { cname: 'bench', reducedSize: true },
};

/** DTLS parameters of a client that never connects: no media is sent in loads of signaling. */
export const dtlsParameters = {
  role: 'client',
  fingerprints: [
    {
      algorithm: 'sha-256',
      value: Array.from({ length: 32 }, (_, index) => (index * 7 + 16).toString(16).toUpperCase()).join(':'),
    },
  ],
};
