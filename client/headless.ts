/**
 * The client library without a browser: under Bun, with WebRTC in JavaScript (werift), for bots, recorders and load
 * tests. It does not encode or decode: it sends and receives RTP packets. An optional entry that needs werift 0.25.2.
 */
import { Chrome111 } from 'mediasoup-client/handlers/Chrome111';
import {
  MediaStream,
  MediaStreamTrack,
  type PeerConfig,
  RTCPeerConnection,
  type RtpPacket,
  useAbsSendTime,
  useAudioLevelIndication,
  useNACK,
  useOPUS,
  usePLI,
  useSdesMid,
  useTransportWideCC,
  useTWCC,
  useVP8,
} from 'werift';
import { TureenClient, type TureenClientOptions } from './index.ts';
import type { RemoteTrack } from './remote-track.ts';

export { RtpHeader, RtpPacket } from 'werift';

/** What a browser negotiates, as far as forwarding depends on it: loss repair and congestion feedback. */
function configuration(): Partial<PeerConfig> {
  const feedback = [useNACK(), usePLI(), useTWCC()];
  // werift gives each object of these lists an id. Audio and video of a browser have the same for the same extension, and the
  // server reads the numbers of congestion control by one id: those under another would look lost.
  const shared = [useSdesMid(), useAbsSendTime(), useTransportWideCC()];
  return {
    codecs: { audio: [useOPUS()], video: [useVP8({ rtcpFeedback: feedback })] },
    headerExtensions: {
      audio: [useAudioLevelIndication(), ...shared],
      video: shared,
    },
    iceUseIpv6: false,
    // A server on the same machine may listen on the loopback address only.
    iceAdditionalHostAddresses: ['127.0.0.1'],
  };
}

class HeadlessPeerConnection extends RTCPeerConnection {
  constructor(given: Partial<PeerConfig>) {
    super({ ...given, ...configuration() });
  }
}

/** A client as in a browser, but for tracks: those of `createRtpTrack` are published, `receiveRtp` reads what comes. */
export function createHeadlessClient(options: TureenClientOptions & { url: string | URL }): TureenClient {
  // mediasoup-client's handler for Chromium looks for these where a browser has them.
  Object.assign(globalThis, { MediaStream, MediaStreamTrack, RTCPeerConnection: HeadlessPeerConnection });
  const device = { flag: 'bot', name: 'headless client' };
  // Several layers would need an encoder.
  const defaults = { camera: { simulcast: false }, screen: { simulcast: false } };
  return new TureenClient({ device, defaults, handlerFactory: Chrome111.createFactory({}), ...options });
}

/** A track that sends what is written to it. */
export interface RtpTrack {
  /** For `client.publish`. */
  readonly track: globalThis.MediaStreamTrack;
  /** Sends a packet; SSRC and payload type are set by the connection. */
  write(packet: RtpPacket): void;
}

export function createRtpTrack(kind: 'audio' | 'video'): RtpTrack {
  const track = new MediaStreamTrack({ kind, id: crypto.randomUUID() });
  // werift's track has what the library uses of a browser's.
  return {
    track: track as unknown as globalThis.MediaStreamTrack,
    write: (packet) => track.writeRtp(packet),
  };
}

/** Calls the listener with every packet of a track. @returns a function that ends it */
export function receiveRtp(track: RemoteTrack, listener: (packet: RtpPacket) => void): () => void {
  const { unSubscribe } = (track.mediaTrack as unknown as MediaStreamTrack).onReceiveRtp.subscribe(listener);
  return unSubscribe;
}
