import { readFileSync } from 'node:fs';
import { openFileShare } from '../../src/core/open-files.ts';
import { hungCause } from '../../src/sfu/rooms/read-model.ts';
import type { WorkerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Collector } from '../collector.ts';
import { counter, cross, type Gauge, gauge } from '../define.ts';
import { workerAnd, workerLabel } from '../labels.ts';

export const metrics = {
  up: gauge({
    name: 'tureen_worker_up',
    help: '1 while the media worker runs.',
    source: 'state',
    labels: workerLabel,
  }),
  deaths: counter({
    name: 'tureen_worker_deaths_total',
    help: 'Deaths of media workers.',
    source: 'event',
    labels: workerLabel,
  }),
  hangs: counter({
    name: 'tureen_worker_hangs_total',
    help: 'Media workers that did not answer any more and were killed; they count among the deaths, too.',
    source: 'event',
  }),
  restarts: counter({
    name: 'tureen_worker_restarts_total',
    help: 'Media workers that were started in the place of a dead one.',
    source: 'event',
    labels: workerLabel,
  }),
  cpu: counter({
    name: 'tureen_worker_cpu_seconds_total',
    help: 'Processor time of the media worker, user and system.',
    unit: 'seconds',
    source: 'sample',
    labels: workerLabel,
  }),
  memory: gauge({
    name: 'tureen_worker_resident_memory_bytes',
    help: 'Resident memory of the media worker.',
    unit: 'bytes',
    source: 'state',
    labels: workerLabel,
  }),
  descriptors: gauge({
    name: 'tureen_worker_fds_ratio',
    help: 'Share of the file descriptors it may open that the media worker has open. Each TCP connection takes one.',
    unit: 'ratio',
    source: 'state',
    labels: workerLabel,
  }),
  routers: gauge({
    name: 'tureen_worker_routers',
    help: 'Routers on the worker.',
    source: 'state',
    labels: workerLabel,
  }),
  consumers: gauge({
    name: 'tureen_worker_consumers',
    help: 'Consumers on the worker, pipes to other workers among them.',
    source: 'state',
    labels: workerLabel,
  }),
  bitrate: gauge({
    name: 'tureen_worker_consumers_bytes_per_second',
    help: 'What the consumers on the worker cost in bytes a second by nominal figures, by which rooms are spread over workers (TUREEN_ROOM_MBPS_PER_WORKER).',
    source: 'state',
    labels: workerLabel,
  }),
  stress: gauge({
    name: 'tureen_worker_stress_ratio',
    help: 'How near the media worker is to the end of what it has, from 0 to 1, by resource. Time in which other programs had the processor does not count as free.',
    unit: 'ratio',
    source: 'state',
    labels: workerAnd(cross({ resource: ['worker_cpu', 'worker_files'] })),
  }),
  latency: gauge({
    name: 'tureen_worker_request_seconds',
    help: 'How long the media worker took to answer the last request of the sampler.',
    unit: 'seconds',
    source: 'sample',
    labels: workerLabel,
  }),
};

/** The media workers: whether they live, and what each carries and uses. */
export const workers: Collector = {
  name: 'workers',
  title: 'Media workers',
  metrics,
  start({ page, sfu, onEvent, onScrape, onWorkerUsage }) {
    const labelOf = (index: number) => ({ worker: String(index) });
    // A worker that never died still has a series, so that its first death has a rate.
    for (const { index } of sfu.read.workers()) {
      page.add(metrics.deaths, 0, labelOf(index));
      page.add(metrics.restarts, 0, labelOf(index));
    }
    onEvent('workerDied', ({ workerIndex, cause }) => {
      page.add(metrics.deaths, 1, labelOf(workerIndex));
      if (cause === hungCause) page.add(metrics.hangs);
    });
    onEvent('workerStarted', ({ workerIndex, restart }) => {
      if (restart) page.add(metrics.restarts, 1, labelOf(workerIndex));
    });
    const last = new Map<number, { readonly pid: number; readonly cpu: number }>();
    onWorkerUsage((index, { pid, cpu, latency }) => {
      page.set(metrics.latency, latency / 1000, labelOf(index));
      const before = last.get(index);
      page.add(metrics.cpu, (cpu - (before?.pid === pid ? before.cpu : 0)) / 1000, labelOf(index));
      last.set(index, { pid, cpu });
    });
    onScrape(() => {
      const present = sfu.read.workers();
      const write = (gauge: Gauge, read: (worker: WorkerSnapshot) => number) =>
        page.replace(
          gauge,
          present.map((worker) => [labelOf(worker.index), read(worker)]),
        );
      const stress = [...sfu.read.stress().workers];
      page.replace(
        metrics.stress,
        stress.flatMap(([index, { levels }]) =>
          Object.entries(levels).map(
            ([resource, level]) => [{ ...labelOf(index), resource }, level] as const,
          ),
        ),
      );
      write(metrics.up, ({ pid }) => (pid === null ? 0 : 1));
      write(metrics.routers, ({ routers }) => routers);
      write(metrics.consumers, ({ consumers }) => consumers);
      write(metrics.bitrate, ({ bitrate }) => bitrate / 8);
      write(metrics.memory, ({ pid }) => (pid === null ? 0 : residentBytes(pid)));
      write(metrics.descriptors, ({ pid }) => (pid === null ? 0 : (openFileShare(pid) ?? 0)));
    });
  },
};

function residentBytes(pid: number): number {
  return orNone(() => {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  });
}

/** @returns 0 for a process that is gone, and where there is no /proc */
function orNone(read: () => number): number {
  try {
    return read();
  } catch {
    return 0;
  }
}
