import { version as mediasoup } from 'mediasoup';
import { stressResources } from '../../src/core/stress.ts';
import type { Collector } from '../collector.ts';
import { cross, gauge } from '../define.ts';

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
  stress: gauge({
    name: 'tureen_stress_ratio',
    help: 'How near the node is to the end of what it has, from 0 to 1, by resource: the highest is its stress level. worker_cpu and worker_files are the means of the workers; egress is there with TUREEN_MAX_EGRESS_MBPS.',
    unit: 'ratio',
    source: 'state',
    labels: cross({ resource: stressResources }),
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
      const stress = Object.entries(sfu.read.stress().levels);
      page.replace(
        metrics.stress,
        stress.map(([resource, level]) => [{ resource }, level]),
      );
      page.set(metrics.buildInfo, 1, { version, mediasoup, bun: Bun.version });
    });
  },
};
