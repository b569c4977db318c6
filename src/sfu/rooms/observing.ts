import type { Logger } from '../../core/log.ts';
import type { RoomObservers } from '../media/observers.ts';
import type { RoomRouter } from '../media/routers.ts';
import type { LocalPublication } from './peer.ts';

export interface ObservedRoom {
  readonly observers: RoomObservers;
  readonly localPublications: readonly LocalPublication[];
  readonly log: Logger;
}

/** Lets the observers hear a publication, wherever in the room it lives. */
export function observe(room: ObservedRoom, publication: LocalPublication): void {
  const { info, handle } = publication;
  if (info.kind !== 'audio') return;
  const { id } = info;
  room.observers
    .watch(publication, (to) => handle.bring(to))
    .catch((error: unknown) => {
      if (!handle.closed)
        room.log.warn('a producer is not observed for its level', { producerId: id, error });
    });
}

/** Has the observers of a room listen on its home router. */
export function attachObservers(room: ObservedRoom, home: RoomRouter): void {
  room.observers
    .attach(home)
    .then(() => {
      for (const publication of room.localPublications) observe(room, publication);
    })
    .catch((error: unknown) => {
      if (!home.router.closed) room.log.error('the room has no audio observers', { error });
    });
}
