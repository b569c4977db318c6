import type { types } from 'mediasoup';
import type { StayEnd } from '../../core/ends.ts';

/** What a client says of itself. */
export interface Device {
  readonly flag?: string;
  readonly name?: string;
  readonly version?: string;
}

export type PeerState =
  | { readonly name: 'connected' }
  | Joined
  | { readonly name: 'closed'; readonly reason: StayEnd };

export interface Joined {
  readonly name: 'joined';
  /** Absent for a client that does not receive media. */
  readonly rtpCapabilities?: types.RtpCapabilities;
  readonly autoSubscribe: boolean;
  /** As long as it has not said what it watches, it is offered so many videos. */
  readonly videoLimit?: number;
  /** The producers of the videos that it receives, and no others: what it said last. */
  watched?: ReadonlySet<string>;
}

/** A peer whose connection was cut: its stay and its media wait for it to come back. */
export interface Absence {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Whether the others were told. */
  readonly told: boolean;
  /** Milliseconds since then. */
  readonly age: () => number;
  /** The wait is over, however it ended. */
  readonly cancel: () => void;
}
