/**
 * Why a peer, a room or an object ended. Stable words: clients, metrics and webhooks read them. `rejoin` is a peer whose
 * media is gone and whose client can only connect again.
 */
export const peerEnds = [
  'left',
  'disconnected',
  'rejoin',
  'replaced',
  'removed',
  'join_timeout',
  'room_closed',
  'draining',
  'protocol_error',
  'server_closed',
] as const;
export type PeerEnd = (typeof peerEnds)[number];

/** How a stay on one node ends: `moved` goes on on another one, and nobody is told of an end. */
export const stayEnds = [...peerEnds, 'moved'] as const;
export type StayEnd = (typeof stayEnds)[number];

/**
 * Why a peer on another node ended here: `rejoin` builds its media again and comes back, `node_lost` went with its node,
 * `forgotten` is not in what its node says any more, which had no occasion to say why.
 */
export type RemoteEnd = StayEnd | 'rejoin' | 'node_lost' | 'forgotten';

export const roomEnds = ['empty', 'closed', 'draining', 'server_closed'] as const;
export type RoomEnd = (typeof roomEnds)[number];

/** `closed` is by command of the program that opened it; `not_allowed` has another side that the operator does not allow. */
export const transportEnds = [
  'peer_left',
  'ice_failed',
  'dtls_failed',
  'dtls_closed',
  'router_closed',
  'rejoin',
  'closed',
  'not_allowed',
] as const;
export type TransportEnd = (typeof transportEnds)[number];

/** Whether a transport ended because its network or its encryption failed, and not because a side closed it. */
export function isFailure(end: TransportEnd): boolean {
  return end === 'ice_failed' || end === 'dtls_failed';
}

/** `overloaded` is of a data channel that may lose nothing and sent faster than other nodes could be reached. */
export const producerEnds = [
  'peer',
  'moderator',
  'transport_closed',
  'peer_left',
  'not_allowed',
  'overloaded',
] as const;
export type ProducerEnd = (typeof producerEnds)[number];

/** `unanswered`: its client did not answer the offer in time; it is offered again when the answer comes. */
export const consumerEnds = [
  'peer',
  'moderator',
  'rejected',
  'unanswered',
  'producer_closed',
  'transport_closed',
  'peer_left',
] as const;
export type ConsumerEnd = (typeof consumerEnds)[number];

/** Why a peer has to build its media again; `missed`: it was away, and more was told than is kept. */
export const rejoinReasons = ['worker_died', 'moved', 'missed'] as const;
export type RejoinReason = (typeof rejoinReasons)[number];
