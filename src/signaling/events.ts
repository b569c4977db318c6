import type { EventBus, EventOf } from '../core/event-bus.ts';

/**
 * What happens to the connections of clients, emitted after the fact by signaling, and by WHIP and WHEP for the requests
 * that they refuse. Durations are milliseconds.
 */
export interface SignalingEvents {
  /** One message of a client was answered. Notifications of clients have no reply and are counted here too. */
  requestHandled: { method: string; result: 'ok' | string; duration: number; roomId: string; peerId: string };
  /** A connection was refused; `code` is one of src/core/errors.ts, `detail` the sentence where the code does not say all. */
  connectionRefused: { code: string; roomId: string; detail?: string };
  socketOpened: { roomId: string; peerId: string };
  socketClosed: { roomId: string; peerId: string; code: number; duration: number };
  /** The server dropped a socket for what its client did. */
  socketDropped: { cause: 'flood' | 'backpressure' | 'invalid'; roomId: string; peerId: string };
}

export type SignalingEventName = keyof SignalingEvents;
export type SignalingEvent = EventOf<SignalingEvents>;
export type SignalingBus = EventBus<SignalingEvents>;
