import type { Room } from '../../src/sfu/rooms/room.ts';
import { rooms } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** How many rooms there are and who is in them. Counts only: nothing of them is copied. */
export function collectRooms(page: Page, all: ReadonlyMap<string, Room>, workers: number): void {
  const byState = { connected: 0, joined: 0 };
  const byWorker = new Map(Array.from({ length: workers }, (_, index) => [index, 0]));
  for (const room of all.values()) {
    for (const { live } of room.routers.all) byWorker.set(live.index, (byWorker.get(live.index) ?? 0) + 1);
    for (const { state } of room.peers.values()) if (state.name !== 'closed') byState[state.name] += 1;
  }
  page.set(rooms.rooms, all.size);
  page.set(rooms.peers, byState.connected, { state: 'connected' });
  page.set(rooms.peers, byState.joined, { state: 'joined' });
  page.replace(
    rooms.roomsByWorker,
    [...byWorker].map(([worker, count]) => [{ worker: String(worker) }, count]),
  );
}
