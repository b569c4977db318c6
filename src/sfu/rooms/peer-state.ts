import type { types } from 'mediasoup';
import type { PeerEnd } from '../../core/ends.ts';

/** What a client says of itself. */
export interface Device {
  readonly flag?: string;
  readonly name?: string;
  readonly version?: string;
}

export type PeerState =
  | { readonly name: 'connected' }
  | {
      readonly name: 'joined';
      /** Absent for a client that does not receive media. */
      readonly rtpCapabilities?: types.RtpCapabilities;
      readonly autoSubscribe: boolean;
    }
  | { readonly name: 'closed'; readonly reason: PeerEnd };
