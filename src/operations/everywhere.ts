import { joinParts, type PlacedRoom } from '../cluster/reads/view.ts';
import { SfuError } from '../core/errors.ts';
import type { ProducerInRoom } from '../sfu/rooms/read-model.ts';
import type { PeerSnapshot, RoomSnapshot } from '../sfu/rooms/snapshot.ts';
import type { ControlServices } from './operation.ts';

/** Reads over all nodes of a mesh: what is on this node at once, the rest from the others. */

type Services = Pick<ControlServices, 'sfu' | 'mesh'>;
export type PeerHere = PeerSnapshot & { readonly node?: string };
export type ProducerSomewhere = ProducerInRoom & { readonly node?: string };

/** Whether this node has a room. */
export const hasRoom = ({ sfu }: Services, roomId: string) => sfu.read.roomIds().includes(roomId);

/** A room of this node; else of another one. @throws SfuError not_found */
export function roomSomewhere(services: Services, roomId: string): RoomSnapshot | Promise<RoomSnapshot> {
  const { sfu, mesh } = services;
  // What was decided about it is the same everywhere.
  if (!mesh || hasRoom(services, roomId)) return sfu.read.room(roomId);
  return mesh.gather({ roomId, peers: false }).then(({ rooms }) => {
    const room = joinParts(rooms);
    if (room) return room;
    throw notFound(roomId);
  });
}

/** The parts of a room on every node. @throws SfuError not_found */
export async function partsOf(services: Services, roomId: string, peers: boolean) {
  const { sfu, mesh } = services;
  const gathered = await mesh?.gather({ roomId, peers });
  const own = hasRoom(services, roomId) ? [sfu.read.room(roomId)] : [];
  const others: readonly PlacedRoom[] = gathered?.rooms ?? [];
  if (own.length + others.length === 0) throw notFound(roomId);
  return { own: own[0], others, ages: gathered?.nodes ?? [] };
}

/** The peers of a room on every node. @throws SfuError not_found */
export async function peersEverywhere(services: Services, roomId: string): Promise<PeerHere[]> {
  const { own, others } = await partsOf(services, roomId, true);
  return [...placed(services, own?.peers ?? []), ...(joinParts(others)?.peers ?? [])];
}

/** A peer on this node, at once; else on another one. @throws SfuError not_found */
export function peerSomewhere(
  services: Services,
  roomId: string,
  peerId: string,
): PeerHere | Promise<PeerHere> {
  const { sfu, mesh } = services;
  const isHere = hasRoom(services, roomId) && sfu.read.peerIds(roomId).includes(peerId);
  if (!mesh || isHere) return placed(services, [sfu.read.peer(roomId, peerId)])[0] as PeerHere;
  return peersEverywhere(services, roomId).then((peers) => {
    const peer = peers.find(({ id }) => id === peerId);
    if (peer) return peer;
    throw new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
  });
}

/** What is sent in a room, on every node. @throws SfuError not_found */
export async function producersEverywhere(services: Services, roomId: string): Promise<ProducerSomewhere[]> {
  const peers = await peersEverywhere(services, roomId);
  return peers.flatMap(({ id: peerId, producers, node }) =>
    producers.map((producer) => ({ ...producer, peerId, ...(node !== undefined && { node }) })),
  );
}

/** A producer on this node, at once; else on another one. @throws SfuError not_found */
export function producerSomewhere(
  services: Services,
  roomId: string,
  producerId: string,
): ProducerSomewhere | Promise<ProducerSomewhere> {
  const { sfu, mesh } = services;
  const own = hasRoom(services, roomId)
    ? sfu.read.producers(roomId).find(({ id }) => id === producerId)
    : undefined;
  if (own) return mesh ? { ...own, node: mesh.self } : own;
  if (!mesh) return sfu.read.producer(roomId, producerId);
  return producersEverywhere(services, roomId).then((producers) => {
    const found = producers.find(({ id }) => id === producerId);
    if (found) return found;
    throw new SfuError(
      'not_found',
      `there is no producer "${producerId}" in room "${roomId}"; it may have been closed`,
    );
  });
}

function placed({ mesh }: Services, peers: readonly PeerSnapshot[]): PeerHere[] {
  return peers.map((peer) => (mesh ? { ...peer, node: mesh.self } : peer));
}

function notFound(roomId: string): SfuError {
  return new SfuError('not_found', `there is no room "${roomId}"; it may have ended`);
}
