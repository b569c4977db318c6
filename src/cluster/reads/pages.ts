import type { PeerSnapshot } from '../../sfu/rooms/snapshot.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { ReadPage, ReadQuery, RoomPart } from '../read-schemas.ts';
import { countsOf } from './view.ts';

const pageBytes = 256 * 1024;
/** Of a room: more say no more. */
const maxUnreachable = 200;

/** Answers another node that reads: one page of the rooms, in the order of their ids. */
export function readPage({ read }: Pick<Sfu, 'read'>, { roomId, peers, after }: ReadQuery): ReadPage {
  const ids = roomId === null ? read.roomIds() : [roomId].filter((id) => read.hasRoom(id));
  const rest = ids.filter((id) => after === null || id >= after.roomId).sort();
  const rooms: RoomPart[] = [];
  let left = pageBytes;
  for (const id of rest) {
    const { peers: all, unreachable, ...room } = read.roomAtAGlance(id);
    const counts = countsOf(all);
    const sorted = [...all].sort((one, other) => (one.id < other.id ? -1 : 1));
    const isContinued = after?.roomId === id;
    const from = isContinued ? sorted.filter((peer) => peer.id > after.peerId) : sorted;
    if (isContinued && from.length === 0) continue;
    const lost = peers &&
      unreachable &&
      !isContinued && { unreachable: unreachable.slice(0, maxUnreachable) };
    const part = { room: { ...room, peers: [] as PeerSnapshot[], ...lost }, counts };
    left -= JSON.stringify(part).length;
    rooms.push(part);
    for (const peer of peers ? from : []) {
      const small = { ...read.peer(id, peer.id), transports: [], consumers: [], dataConsumers: [] };
      left -= JSON.stringify(small).length;
      part.room.peers.push(small);
      if (left <= 0) return { rooms, next: { roomId: id, peerId: peer.id } };
    }
    if (left <= 0) return { rooms, next: { roomId: id, peerId: lastId } };
  }
  return { rooms, next: null };
}

/** After every id. */
const lastId = '\u{10ffff}';
