import { roomEnds } from '../../src/core/ends.ts';
import { qualityLevels } from '../../src/core/quality.ts';
import type { Collector } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';
import { workerLabel } from '../labels.ts';

/** Each up to its bound; the last takes all larger ones. */
const sizes = [
  { label: '0', most: 0 },
  { label: '1', most: 1 },
  { label: '2', most: 2 },
  { label: '3-4', most: 4 },
  { label: '5-9', most: 9 },
  { label: '10-24', most: 24 },
  { label: '25-99', most: 99 },
  { label: '100-999', most: 999 },
  { label: '1000+', most: Number.POSITIVE_INFINITY },
] as const;

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
  byRole: gauge({
    name: 'tureen_peers_by_role',
    help: 'Peers that publish something (publisher) and that receive something (subscriber). Most are both.',
    source: 'state',
    labels: cross({ role: ['publisher', 'subscriber'] }),
  }),
  bySize: gauge({
    name: 'tureen_rooms_by_size',
    help: 'Rooms by the number of peers in them on this node.',
    source: 'state',
    labels: cross({ size: sizes.map(({ label }) => label) }),
  }),
  byQuality: gauge({
    name: 'tureen_peers_quality',
    help: 'Peers in the call by how well media gets through between them and the node, both ways.',
    source: 'state',
    labels: cross({ level: qualityLevels }),
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
      const counts = sfu.read.counts();
      const { rooms: open, connected, joined, publishers, subscribers, routersByWorker } = counts;
      page.set(metrics.rooms, open);
      page.set(metrics.peers, connected, { state: 'connected' });
      page.set(metrics.peers, joined, { state: 'joined' });
      for (const level of qualityLevels) page.set(metrics.byQuality, counts.byQuality[level], { level });
      page.set(metrics.byRole, publishers, { role: 'publisher' });
      page.set(metrics.byRole, subscribers, { role: 'subscriber' });
      const rooms = new Map<string, number>(sizes.map(({ label }) => [label, 0]));
      for (const size of counts.roomSizes) {
        const label = sizes.find(({ most }) => size <= most)?.label ?? '1000+';
        rooms.set(label, (rooms.get(label) ?? 0) + 1);
      }
      page.replace(
        metrics.bySize,
        [...rooms].map(([size, count]) => [{ size }, count]),
      );
      page.replace(
        metrics.byWorker,
        [...routersByWorker].map(([worker, routers]) => [{ worker: String(worker) }, routers]),
      );
    });
  },
};
