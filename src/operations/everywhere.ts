import { joinParts, type PlacedRoom } from '../cluster/reads/view.ts';
import { SfuError } from '../core/errors.ts';
import type { ProducerInRoom } from '../sfu/rooms/read-model.ts';
import type { PeerSnapshot, RoomSnapshot } from '../sfu/rooms/snapshot.ts';
import type { ControlServices } from './operation.ts';

/** Reads over all nodes of a mesh: what is on this node at once, the rest from the others. */

type Services = Pick<ControlServices, 'sfu' | 'mesh'>;
export type PeerHere = PeerSnapshot & { readonly node?: string };
export interface Among {
  readonly peer: PeerHere;
  readonly all: readonly PeerHere[];
}
interface PeerName {
  readonly roomId: string;
  readonly peerId: string;
}
export type ProducerSomewhere = ProducerInRoom & { readonly node?: string };

/**
 * Refuses what is not there, before anything is done. In a mesh the commands look for it themselves, and asking here as
 * well would ask every node twice. @throws SfuError not_found
 */
export function requireRoom({ sfu, mesh }: Services, roomId: string): void {
  if (!mesh && !sfu.read.hasRoom(roomId)) throw notFound(roomId);
}

/** Like `requireRoom`, for a peer. @throws SfuError not_found */
export function requirePeer({ sfu, mesh }: Services, { roomId, peerId }: PeerName): void {
  if (!mesh) sfu.read.peer(roomId, peerId);
}

/** A room of this node; else of another one. @throws SfuError not_found */
export function roomSomewhere(services: Services, roomId: string): RoomSnapshot | Promise<RoomSnapshot> {
  const { sfu, mesh } = services;
  // What was decided about it is the same everywhere.
  if (!mesh || sfu.read.hasRoom(roomId)) return sfu.read.roomAtAGlance(roomId);
  return partsOf(services, roomId, false).then(({ room }) => room);
}

/** The part of a room on one node; without a name a room like `roomSomewhere`. @throws SfuError not_found */
export async function roomOnNode(services: Services, roomId: string, node?: string): Promise<RoomSnapshot> {
  if (node === undefined || node === services.mesh?.self) return await roomSomewhere(services, roomId);
  const { others } = await partsOf(services, roomId, false);
  const part = others.find((each) => each.node === node);
  if (part) return part.room;
  throw notFound(roomId);
}

/** A room, and its parts on every node. @throws SfuError not_found */
export async function partsOf(services: Services, roomId: string, peers: boolean) {
  const { sfu, mesh } = services;
  const gathered = await mesh?.gather({ roomId, peers });
  const own = sfu.read.hasRoom(roomId) ? sfu.read.roomAtAGlance(roomId, mesh?.self) : undefined;
  const others: readonly PlacedRoom[] = gathered?.rooms ?? [];
  const room = own ?? joinParts(others);
  if (!room) throw notFound(roomId);
  return { room, own, others, ages: gathered?.nodes ?? [] };
}

/** The names of the nodes that have a room; none when nobody has it. */
export async function nodesWithRoom(
  services: Services & Pick<ControlServices, 'nodes'>,
  roomId: string,
): Promise<string[]> {
  const { sfu, mesh, nodes } = services;
  const gathered = await mesh?.gather({ roomId, peers: false });
  const own = sfu.read.hasRoom(roomId) ? nodes().filter(({ self }) => self) : [];
  return [...own.map(({ name }) => name), ...(gathered?.rooms ?? []).map(({ node }) => node)];
}

/** The peers of a room on every node. @throws SfuError not_found */
export async function peersEverywhere(services: Services, roomId: string): Promise<PeerHere[]> {
  const { own, others } = await partsOf(services, roomId, true);
  return [...(own?.peers ?? []), ...(joinParts(others)?.peers ?? [])];
}

/** A peer with the others of its room: on this node at once, in a mesh on every node. @throws SfuError not_found */
export function peerAmongAll(services: Services, { roomId, peerId }: PeerName): Among | Promise<Among> {
  const { sfu, mesh } = services;
  if (!mesh) return { peer: sfu.read.peer(roomId, peerId), all: sfu.read.roomAtAGlance(roomId).peers };
  return peersEverywhere(services, roomId).then((all) => {
    const peer = all.find(({ id }) => id === peerId);
    if (peer) return { peer, all };
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
  const own = sfu.read.hasRoom(roomId)
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

function notFound(roomId: string): SfuError {
  return new SfuError('not_found', `there is no room "${roomId}"; it may have ended`);
}
