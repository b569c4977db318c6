import type { Collector } from '../collector.ts';
import { counter, cross, histogram } from '../define.ts';

export const metrics = {
  moves: counter({
    name: 'tureen_peer_moves_total',
    help: 'Peers that moved between nodes without leaving: here from another one, away to another one, or arrived here and did not take over (failed).',
    source: 'event',
    labels: cross({ result: ['here', 'away', 'failed'] }),
  }),
  duration: histogram({
    name: 'tureen_peer_move_duration_seconds',
    help: 'From the arrival of a peer of another node until it took over here.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.25, 0.5, 1, 2, 3, 5, 10, 20],
  }),
  gap: histogram({
    name: 'tureen_peer_move_gap_seconds',
    help: 'How long nothing of a track arrived at a peer that moved here, the longest of its tracks, as its client says.',
    unit: 'seconds',
    source: 'event',
    buckets: [0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 3, 10],
  }),
};

/** Peers that go on on another node. */
export const moves: Collector = {
  name: 'moves',
  title: 'Moving between nodes',
  metrics,
  start({ page, onEvent, onSignalingEvent }) {
    onEvent('peerMovedHere', ({ duration }) => {
      page.add(metrics.moves, 1, { result: 'here' });
      page.observe(metrics.duration, duration / 1000);
    });
    onEvent('peerMovedAway', () => page.add(metrics.moves, 1, { result: 'away' }));
    onEvent('peerMoveFailed', () => page.add(metrics.moves, 1, { result: 'failed' }));
    onSignalingEvent('moveGap', ({ milliseconds }) => page.observe(metrics.gap, milliseconds / 1000));
  },
};
