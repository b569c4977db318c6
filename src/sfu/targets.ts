import type { Actor } from '../core/actors.ts';
import type { RoomOptions } from './rooms/room-options.ts';

/** What a command acts on, and who gives it. Ids only: nobody holds an object of the domain for it. */
export interface RoomTarget {
  readonly roomId: string;
  readonly by: Actor;
}

export interface PeerTarget extends RoomTarget {
  readonly peerId: string;
}

export interface ProducerTarget extends PeerTarget {
  readonly producerId: string;
}

export interface ConsumerTarget extends PeerTarget {
  readonly consumerId: string;
}

export interface NewRoom {
  readonly roomId: string;
  readonly options?: RoomOptions;
  readonly by?: Actor;
}
