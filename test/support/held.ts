import type { types } from 'mediasoup';

/** How many transports a WebRtcServer holds in this process, those among them that ended and were forgotten by all others. */
export function heldBy(webRtcServer: types.WebRtcServer): number {
  const { webRtcTransportsForTesting: held } = webRtcServer as types.WebRtcServer & {
    webRtcTransportsForTesting: ReadonlyMap<string, unknown>;
  };
  return held.size;
}
