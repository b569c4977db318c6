import type { types } from 'mediasoup-client';
import type { ClientError } from './errors.ts';
import type { LifelineOptions } from './lifeline.ts';
import type { MediaOptions } from './media.ts';
import type { JoinResult, Notification } from './protocol.ts';
import type { ReceiverHost } from './receiver.ts';
import type { Attributes, DeviceInfo } from './remote-peer.ts';
import type { RosterHost } from './roster.ts';
import type { Direction } from './transports.ts';

export interface CallOptions extends LifelineOptions, MediaOptions {
  readonly autoSubscribe: boolean;
  readonly device: DeviceInfo;
}

/**
 * State of the call. `resuming`: the socket was cut, and the media goes on; `rejoining`: the media is being rebuilt;
 * `reconnecting`: the connection and the media are.
 */
export type CallState = 'new' | 'connecting' | 'joined' | 'resuming' | 'rejoining' | 'reconnecting' | 'ended';

export interface CallHost extends RosterHost, ReceiverHost {
  /** The name to join with. */
  readonly displayName: string;
  /** Those to join with. */
  readonly attributes: Attributes;
  stateChanged(state: CallState, error?: ClientError): void;
  transportState(direction: Direction, state: types.ConnectionState): void;
  /** The server's answer to a join. */
  entered(result: JoinResult): void;
  /** Every notification of the server, after the call has handled it. */
  notified(notification: Notification): void;
}
