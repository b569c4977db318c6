import { roomEnds } from '../../src/core/ends.ts';
import type { Collector } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';
import { workerLabel } from '../labels.ts';

export const metrics = {
  rooms: gauge({ name: 'tureen_rooms', help: 'Rooms that are open.', source: 'state' }),
  byWorker: gauge({
    name: 'tureen_worker_rooms',
    help: 'Rooms by worker; a room that spread over several workers counts on each.',
    source: 'state',
    labels: workerLabel,
  }),
  opened: counter({
    name: 'tureen_rooms_opened_total',
    help: 'Rooms that were opened.',
    source: 'event',
  }),
  closed: counter({
    name: 'tureen_rooms_closed_total',
    help: 'Rooms that ended, by reason.',
    source: 'event',
    labels: cross({ reason: roomEnds }),
  }),
  peers: gauge({
    name: 'tureen_peers',
    help: 'Peers by state: connected is in the room and has not joined the call.',
    source: 'state',
    labels: cross({ state: ['connected', 'joined'] }),
  }),
};

/** How many rooms there are, where, and how many are in them. */
export const rooms: Collector = {
  name: 'rooms',
  title: 'Rooms',
  metrics,
  start({ page, sfu, onEvent, onScrape }) {
    onEvent('roomOpened', () => page.add(metrics.opened));
    onEvent('roomClosed', ({ reason }) => page.add(metrics.closed, 1, { reason }));
    onScrape(() => {
      const { rooms: open, connected, joined, routersByWorker } = sfu.read.counts();
      page.set(metrics.rooms, open);
      page.set(metrics.peers, connected, { state: 'connected' });
      page.set(metrics.peers, joined, { state: 'joined' });
      page.replace(
        metrics.byWorker,
        [...routersByWorker].map(([worker, routers]) => [{ worker: String(worker) }, routers]),
      );
    });
  },
};
