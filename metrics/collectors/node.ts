import { version as mediasoup } from 'mediasoup';
import type { Collector } from '../collector.ts';
import { gauge } from '../define.ts';

export const metrics = {
  draining: gauge({
    name: 'tureen_draining',
    help: '1 while the node drains: it takes no new rooms.',
    source: 'state',
  }),
  drainDeadline: gauge({
    name: 'tureen_drain_deadline_timestamp_seconds',
    help: 'When the drain ends its calls, as seconds since 1970; 0 without a drain.',
    unit: 'seconds',
    source: 'state',
  }),
  ready: gauge({
    name: 'tureen_ready',
    help: '1 while the node takes new rooms, as /readyz says.',
    source: 'state',
  }),
  buildInfo: gauge({
    name: 'tureen_build_info',
    help: 'Always 1; the labels say what runs.',
    source: 'state',
    labels: { names: ['version', 'mediasoup', 'bun'], combinations: [], limit: 1 },
  }),
};

/** Whether the node takes calls, and what runs on it. */
export const node: Collector = {
  name: 'node',
  title: 'Node',
  metrics,
  start({ page, sfu, version, onScrape }) {
    onScrape(() => {
      const { drainDeadline } = sfu;
      page.set(metrics.draining, drainDeadline === null ? 0 : 1);
      page.set(metrics.drainDeadline, (drainDeadline ?? 0) / 1000);
      page.set(metrics.ready, sfu.unreadyReasons().length === 0 ? 1 : 0);
      page.set(metrics.buildInfo, 1, { version, mediasoup, bun: Bun.version });
    });
  },
};
