import type { types } from 'mediasoup-client';
import type { ClientError } from './errors.ts';
import type { LifelineOptions } from './lifeline-options.ts';
import type { Media, MediaOptions } from './media.ts';
import type { JoinResult, MethodParams, Notification } from './protocol.ts';
import type { ReceiverHost } from './receiver.ts';
import type { Attributes, DeviceInfo } from './remote-peer.ts';
import type { RosterHost } from './roster.ts';
import type { Direction } from './transports.ts';
import type { Watching } from './watching.ts';

export interface CallOptions extends LifelineOptions, MediaOptions {
  readonly autoSubscribe: boolean;
  /** With `autoSubscribe`. */
  readonly videoLimit: number | undefined;
  readonly device: DeviceInfo;
}

/**
 * State of the call. `resuming`: the socket was cut, and the media goes on; `rejoining`: the media is being rebuilt;
 * `reconnecting`: the connection and the media are.
 */
export type CallState = 'new' | 'connecting' | 'joined' | 'resuming' | 'rejoining' | 'reconnecting' | 'ended';

/** What the server says of ourselves when we enter. */
export type Entered = Pick<
  JoinResult,
  'attributes' | 'audience' | 'count' | 'displayName' | 'locked' | 'peers' | 'permissions'
>;

/** The call went on at another server of the mesh. */
export interface Moved {
  /** Addresses of the servers. */
  readonly from: string;
  readonly to: string;
  /** From the beginning until the other server had taken over, in milliseconds. */
  readonly milliseconds: number;
  /** The longest time between two pictures meanwhile, in milliseconds; undefined when no element showed any. */
  readonly gap: number | undefined;
}

export interface CallHost extends RosterHost, ReceiverHost {
  /** The name to join with. */
  readonly displayName: string;
  /** Those to join with. */
  readonly attributes: Attributes;
  readonly watching: Watching;
  stateChanged(state: CallState, error?: ClientError): void;
  transportState(direction: Direction, state: types.ConnectionState): void;
  /** The server's answer to a join. */
  entered(result: Entered): void;
  moved(move: Moved): void;
  /** Every notification of the server, after the call has handled it. */
  notified(notification: Notification): void;
}

/** What we enter a call with. */
export function joinParams(
  media: Media,
  { displayName, attributes }: CallHost,
  { autoSubscribe, videoLimit, device, audience }: CallOptions,
): MethodParams<'join'> {
  const rtpCapabilities = media.device.recvRtpCapabilities;
  return { displayName, attributes, device, rtpCapabilities, autoSubscribe, videoLimit, audience };
}
