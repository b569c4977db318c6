import { standardOutput } from '../../src/core/log-sink.ts';
import { openFileCount, openFileLimit } from '../../src/core/open-files.ts';
import type { Collector } from '../collector.ts';
import { counter, gauge, histogram } from '../define.ts';

export const metrics = {
  cpu: counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the server process, user and system, without the media workers.',
    unit: 'seconds',
    source: 'process',
  }),
  memory: gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the server process.',
    unit: 'bytes',
    source: 'process',
  }),
  heap: gauge({
    name: 'tureen_heap_used_bytes',
    help: 'Heap of the JavaScript engine in use.',
    unit: 'bytes',
    source: 'process',
  }),
  openFiles: gauge({
    name: 'process_open_fds',
    help: 'File descriptors that are open.',
    source: 'process',
  }),
  maxFiles: gauge({
    name: 'process_max_fds',
    help: 'File descriptors that the process may open.',
    source: 'process',
  }),
  lostLines: counter({
    name: 'tureen_log_lines_lost_total',
    help: 'Lines of the log that were never written: the disk was full, or nobody read the pipe.',
    source: 'process',
  }),
  start: gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, as seconds since 1970.',
    unit: 'seconds',
    source: 'process',
  }),
  loopLag: histogram({
    name: 'tureen_event_loop_lag_seconds',
    help: 'How late a timer of the server fires: the time that everything waits.',
    unit: 'seconds',
    source: 'process',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  }),
};

const startedAt = Date.now() / 1000 - process.uptime();
/** 0 says that it is not known. */
const mostFiles = openFileLimit() ?? 0;

/**
 * The process itself. prom-client's own default metrics are not used: under Bun active handles and requests are always
 * 0, garbage collection is never told, and its heap size is virtual memory.
 */
export const processCollector: Collector = {
  name: 'process',
  title: 'Process',
  metrics,
  start({ page, onScrape, onLoopLag }) {
    onLoopLag((milliseconds) => page.observe(metrics.loopLag, milliseconds / 1000));
    onScrape(() => {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      page.raise(metrics.cpu, (user + system) / 1e6);
      page.set(metrics.memory, rss);
      page.set(metrics.heap, heapUsed);
      page.raise(metrics.lostLines, standardOutput.lost);
      page.set(metrics.start, startedAt);
      page.set(metrics.openFiles, openFileCount());
      page.set(metrics.maxFiles, mostFiles);
    });
  },
};
