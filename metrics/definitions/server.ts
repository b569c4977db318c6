import { counter, cross, gauge, histogram, open } from './define.ts';
import { workerLabel } from './labels.ts';

/** The protocol has about thirty methods; names that it does not have are counted as `unknown`. */
const mostMethods = 36;

export const requests = counter({
  name: 'tureen_signaling_requests_total',
  help: 'Messages of clients that were handled, by method: refused is a mistake of the client or a limit, failed one of the server.',
  source: 'event',
  labels: open('method', mostMethods, cross({ result: ['ok', 'refused', 'failed'] })),
});
export const requestDuration = histogram({
  name: 'tureen_signaling_request_duration_seconds',
  help: 'From the taking of a message out of the queue to its answer.',
  unit: 'seconds',
  source: 'event',
  labels: open('method', mostMethods),
  buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
});
export const notifications = counter({
  name: 'tureen_signaling_notifications_total',
  help: 'Notifications sent to clients.',
  source: 'state',
});
export const queuedMessages = gauge({
  name: 'tureen_signaling_queued_messages',
  help: 'Messages of clients that wait to be handled.',
  source: 'state',
});
export const sockets = gauge({
  name: 'tureen_signaling_sockets',
  help: 'Open signaling sockets.',
  source: 'event',
});
export const socketDrops = counter({
  name: 'tureen_signaling_drops_total',
  help: 'Sockets that the server closed for what the client did: too many messages, not reading, frames too large, invalid messages.',
  source: 'event',
  labels: cross({ reason: ['flood', 'backpressure', 'size', 'invalid'] }),
});

export const loopLag = histogram({
  name: 'tureen_event_loop_lag_seconds',
  help: 'How late a timer of the server fires: the time that everything waits.',
  unit: 'seconds',
  source: 'process',
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
});

export const workerUp = gauge({
  name: 'tureen_worker_up',
  help: '1 while the media worker runs.',
  source: 'state',
  labels: workerLabel,
});
export const workerDeaths = counter({
  name: 'tureen_worker_deaths_total',
  help: 'Deaths of media workers.',
  source: 'event',
  labels: workerLabel,
});
export const workerRestarts = counter({
  name: 'tureen_worker_restarts_total',
  help: 'Media workers that were started in the place of a dead one.',
  source: 'event',
  labels: workerLabel,
});
export const workerCpu = counter({
  name: 'tureen_worker_cpu_seconds_total',
  help: 'Processor time of the media worker, user and system.',
  unit: 'seconds',
  source: 'sample',
  labels: workerLabel,
});
export const workerMemory = gauge({
  name: 'tureen_worker_resident_memory_bytes',
  help: 'Resident memory of the media worker.',
  unit: 'bytes',
  source: 'state',
  labels: workerLabel,
});
export const workerRouters = gauge({
  name: 'tureen_worker_routers',
  help: 'Routers on the worker.',
  source: 'state',
  labels: workerLabel,
});
export const workerConsumers = gauge({
  name: 'tureen_worker_consumers',
  help: 'Consumers on the worker, pipes to other workers among them.',
  source: 'state',
  labels: workerLabel,
});
export const workerLatency = gauge({
  name: 'tureen_worker_request_seconds',
  help: 'How long the media worker took to answer the last request of the sampler.',
  unit: 'seconds',
  source: 'sample',
  labels: workerLabel,
});

export const draining = gauge({
  name: 'tureen_draining',
  help: '1 while the node drains: it takes no new rooms.',
  source: 'state',
});
export const drainDeadline = gauge({
  name: 'tureen_drain_deadline_timestamp_seconds',
  help: 'When the drain ends its calls, as seconds since 1970; 0 without a drain.',
  unit: 'seconds',
  source: 'state',
});
export const ready = gauge({
  name: 'tureen_ready',
  help: '1 while the node takes new rooms, as /readyz says.',
  source: 'state',
});
export const buildInfo = gauge({
  name: 'tureen_build_info',
  help: 'Always 1; the labels say what runs.',
  source: 'state',
  labels: { names: ['version', 'mediasoup', 'bun'], combinations: [], limit: 1 },
});

export const processCpu = counter({
  name: 'process_cpu_seconds_total',
  help: 'Processor time of the server process, user and system, without the media workers.',
  unit: 'seconds',
  source: 'process',
});
export const processMemory = gauge({
  name: 'process_resident_memory_bytes',
  help: 'Resident memory of the server process.',
  unit: 'bytes',
  source: 'process',
});
export const processHeap = gauge({
  name: 'tureen_heap_used_bytes',
  help: 'Heap of the JavaScript engine in use.',
  unit: 'bytes',
  source: 'process',
});
export const processOpenFiles = gauge({
  name: 'process_open_fds',
  help: 'File descriptors that are open.',
  source: 'process',
});
export const processMaxFiles = gauge({
  name: 'process_max_fds',
  help: 'File descriptors that the process may open.',
  source: 'process',
});
export const processStart = gauge({
  name: 'process_start_time_seconds',
  help: 'When the process started, as seconds since 1970.',
  unit: 'seconds',
  source: 'process',
});
