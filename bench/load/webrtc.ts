import { Device } from 'mediasoup-client';
import {
  MediaStream,
  MediaStreamTrack,
  type PeerConfig,
  RTCPeerConnection,
  useAudioLevelIndication,
  useNACK,
  useOPUS,
  usePLI,
  useSdesMid,
  useTransportWideCC,
  useTWCC,
  useVP8,
} from 'werift';

export { MediaStreamTrack } from 'werift';

const loopback = '127.0.0.1';

/** What a browser negotiates, as far as the forwarding depends on it: loss repair and congestion feedback. */
export function configuration(): Partial<PeerConfig> {
  const feedback = [useNACK(), usePLI(), useTWCC()];
  // The same objects for both, as in client/headless.ts: with two ids of one extension packets would look lost.
  const shared = [useSdesMid(), useTransportWideCC()];
  return {
    codecs: { audio: [useOPUS()], video: [useVP8({ rtcpFeedback: feedback })] },
    headerExtensions: {
      audio: [useAudioLevelIndication(), ...shared],
      video: shared,
    },
    iceUseIpv6: false,
    // A server on this machine may listen on the loopback address only.
    iceAdditionalHostAddresses: [loopback],
  };
}

class LoadPeerConnection extends RTCPeerConnection {
  constructor(given: Partial<PeerConfig>) {
    super({ ...given, ...configuration() });
  }
}

/** A mediasoup-client device over WebRTC in JavaScript. It neither encodes nor decodes. */
export async function createDevice(): Promise<Device> {
  // mediasoup-client's handler for Chromium looks for these where a browser has them.
  Object.assign(globalThis, { MediaStream, MediaStreamTrack, RTCPeerConnection: LoadPeerConnection });
  return await Device.factory({ handlerName: 'Chrome111' });
}

/** The track as mediasoup-client's types want it. */
export function asBrowserTrack(track: MediaStreamTrack): globalThis.MediaStreamTrack {
  return track as unknown as globalThis.MediaStreamTrack;
}

/** The track as it is. */
export function asTrack(track: globalThis.MediaStreamTrack): MediaStreamTrack {
  return track as unknown as MediaStreamTrack;
}
