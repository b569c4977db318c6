import type { types } from 'mediasoup';

/** Where RTP without WebRTC goes in and out, and with whom it may be exchanged. */
export interface RtpPlace {
  /** Where each transport listens: an address, and the range of ports from which it takes its own. */
  readonly listenInfo: types.TransportListenInfo;
  /** Whether media may be exchanged with that IP address. */
  readonly mayReach: (address: string) => boolean;
}
