import type { RejoinReason } from '../../core/ends.ts';
import type { RoomObservers } from '../media/observers.ts';
import type { RoomRouter, RoomRouters } from '../media/routers.ts';
import { attachObservers, type ObservedRoom } from './observing.ts';
import type { Peer } from './peer.ts';
import { beginRejoin, type RejoinPlace } from './rejoining.ts';

/** The room that had its media there. */
interface Place extends RejoinPlace, ObservedRoom {
  readonly everyone: readonly Peer[];
  readonly observers: RoomObservers;
  readonly routers: RoomRouters;
  removePeer(peer: Peer, reason: 'rejoin', options: { detail: string }): void;
}

/** Media of these routers is gone. Their peers build theirs again on the same sockets; others notice only that. */
export function loseRouters(room: Place, lost: readonly RoomRouter[], reason: RejoinReason): void {
  const affected = room.everyone.filter(({ router }) => router && lost.includes(router));
  // One that moves goes on where it is, or goes there in the ordinary way.
  const reconnects = ({ link, passage }: Peer) => link.reconnects === true || passage !== undefined;
  const reconnecting = affected.filter(reconnects);
  const rejoining = affected.filter((peer) => !reconnects(peer));
  const tell = rejoining.map((peer) => beginRejoin(room, peer, reason));
  for (const peer of rejoining) peer.router = undefined;
  if (lost.some((router) => room.observers.listensOn(router))) room.observers.detach();
  const { home } = room.routers;
  if (home) attachObservers(room, home);
  for (const each of tell) each();
  const detail = 'your media on the server is gone; connect again, as this client does by itself';
  for (const peer of reconnecting) room.removePeer(peer, 'rejoin', { detail });
}
