import type { types } from 'mediasoup';

/**
 * A worker writes the MID (RFC 9143) into every packet, under the header extension id of the router, whether the
 * receiver agreed on that extension or not, and has room for eight bytes (3.27.1, worker/src/RTC/Router.cpp and
 * RTP/Packet.cpp; `MidRtpExtensionMaxLength`). With a longer MID it logs an error for each packet and leaves what the
 * receiver before had.
 * Upstream: on purpose, https://github.com/versatica/mediasoup/issues/816; extensions by consumer are a known wish,
 * https://github.com/versatica/mediasoup/issues/1126.
 * Without this a WHEP player takes packets for another track's, or the MID for the audio level that it has under the
 * same id.
 */
export function mayCarryMid(mid: string): boolean {
  return mid.length <= 8;
}

/** The MID for a receiver that did not agree on the extension: of no length that another extension has. */
export function unreadMid(kind: types.MediaKind): string {
  return `${kind}-`;
}
