import type { EventBus, EventOf } from '../core/event-bus.ts';

/**
 * What happens to the connections of clients, emitted after the fact by signaling, by the old protocol for its sockets,
 * and by WHIP and WHEP for the requests that they refuse. Durations are milliseconds.
 */
export interface SignalingEvents {
  /**
   * One message of a client was answered. Notifications of clients have no reply and are counted here too. Names of the
   * old protocol begin with `v2.`.
   */
  requestHandled: { method: string; result: 'ok' | string; duration: number; roomId: string; peerId: string };
  /**
   * A connection was refused; `code` is one of src/core/errors.ts, `detail` the sentence that the client was told. Ids are
   * empty, and the address is missing, where they were not read yet.
   */
  connectionRefused: { code: string; roomId: string; peerId?: string; address?: string; detail?: string };
  socketOpened: { roomId: string; peerId: string };
  socketClosed: { roomId: string; peerId: string; code: number; duration: number };
  /**
   * A client goes on over another socket. `duration` is how long it had none, 0 when the server had not noticed;
   * `missed`: more was told meanwhile than is kept, so that it joins again.
   */
  resumed: { roomId: string; peerId: string; duration: number; missed: boolean };
  /**
   * A ticket was not good: `malformed`, of no stay that goes on (`unknown`), of one that has `ended` meanwhile, or the client is
   * `banned` where it is now.
   */
  resumeRefused: { reason: 'malformed' | 'unknown' | 'ended' | 'banned'; roomId: string };
  /** A client that could have resumed was not back in time. */
  resumeExpired: { roomId: string; peerId: string };
  /** A client that moved here from another node says how long a track was missing meanwhile. */
  moveGap: { roomId: string; peerId: string; milliseconds: number };
  /** The server dropped a socket for what its client did. */
  socketDropped: { cause: 'flood' | 'backpressure' | 'invalid'; roomId: string; peerId: string };
}

export type SignalingEventName = keyof SignalingEvents;
export type SignalingEvent = EventOf<SignalingEvents>;
export type SignalingBus = EventBus<SignalingEvents>;
