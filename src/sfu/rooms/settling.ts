import { SfuError } from '../../core/errors.ts';
import type { Room } from './room.ts';

/**
 * The other nodes were asked about a room that was just opened here, and nobody has entered it yet: it takes over the
 * codecs that it has there. @throws SfuError worker_unavailable
 */
export async function settleRoom(room: Room): Promise<void> {
  const { mesh, routers, peers } = room;
  if (!mesh) return;
  const { origin } = mesh;
  origin.settle();
  if (origin.isOwn || room.closed || peers.size > 0) return;
  const { codecs } = origin;
  if (origin.current.chosen) room.options = { ...room.options, codecs };
  if (codecs.length === 0 || Bun.deepEquals(codecs, routers.codecs)) return;
  room.observers.detach();
  routers.recode(codecs);
  await routers.place();
}

/** A room that was to be created is there on another node: it is not made a second time. @throws SfuError wrong_state */
export function requireFirst(room: Room): void {
  if (room.mesh?.origin.isOwn !== false) return;
  if (room.peers.size === 0) room.close('empty');
  throw new SfuError(
    'wrong_state',
    `there is a room "${room.id}" already, on another node; change it, or close it first`,
  );
}
