import { metrics as host } from '../collectors/host.ts';
import { metrics as processes } from '../collectors/process.ts';
import { metrics as rooms } from '../collectors/rooms.ts';
import { metrics as workers } from '../collectors/workers.ts';
import { type AlertRule, q, type RecordingRule } from './rule.ts';

const loopLagP99: RecordingRule = {
  record: 'node:tureen_event_loop_lag_seconds:p99_5m',
  expr: q.quantile(0.99, processes.loopLag, { over: '5m' }),
  doc: 'The lag of the event loop that 1 % of measurements exceed.',
};

const workerCpu: RecordingRule = {
  record: 'worker:tureen_worker_cpu:ratio_5m',
  expr: q.rate(workers.cpu, { by: ['worker'], over: '5m' }),
  doc: 'The share of a core that a media worker uses.',
};

export const hostRecordings: readonly RecordingRule[] = [loopLagP99, workerCpu];

const joinedPeers = q.sum(rooms.peers, { where: { state: 'joined' } });
const memory = q.max(processes.memory);
const day = 24 * 3600;

/** About the process, its workers and what the host has left. */
export const hostRules: readonly AlertRule[] = [
  {
    alert: 'TureenRestartLoop',
    expr: `max by (node, region) (changes(${q.raw(processes.start)}[15m])) > 2`,
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.node }} has started three times in a quarter of an hour.',
  },
  {
    alert: 'TureenWorkerDied',
    expr: `${q.increase(workers.deaths)} > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'A media worker of {{ $labels.node }} died in the last ten minutes.',
  },
  {
    alert: 'TureenWorkerHangs',
    expr: `${q.increase(workers.hangs)} > 0`,
    for: '0m',
    severity: 'critical',
    summary: 'A media worker of {{ $labels.node }} did not answer any more and was killed.',
  },
  {
    alert: 'TureenWorkerDown',
    expr: `${q.max(workers.up, { by: ['worker'] })} == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'Media worker {{ $labels.worker }} of {{ $labels.node }} does not come back.',
  },
  {
    alert: 'TureenLoopLag',
    expr: `${loopLagP99.record} > 0.1`,
    for: '10m',
    severity: 'warning',
    summary: 'The event loop of {{ $labels.node }} stalls for more than a tenth of a second.',
  },
  {
    alert: 'TureenWorkerBusy',
    expr: `${workerCpu.record} > 0.9`,
    for: '10m',
    severity: 'warning',
    summary: 'Media worker {{ $labels.worker }} of {{ $labels.node }} uses more than 90 % of its core.',
  },
  {
    alert: 'TureenWorkerDescriptors',
    expr: `${q.max(workers.descriptors, { by: ['worker'] })} > 0.8`,
    for: '2m',
    severity: 'warning',
    summary: 'Media worker {{ $labels.worker }} of {{ $labels.node }} has used 80 % of its file descriptors.',
  },
  {
    alert: 'TureenDescriptors',
    expr: `${q.sum(processes.openFiles)} > 0.8 * (${q.sum(processes.maxFiles)} > 0)`,
    for: '2m',
    severity: 'critical',
    summary: 'The server process of {{ $labels.node }} has used 80 % of its file descriptors.',
  },
  {
    alert: 'TureenCapacityNearlyUsed',
    expr: `avg by (node, region) (${workerCpu.record}) > 0.7`,
    for: '15m',
    severity: 'warning',
    summary: 'The media workers of {{ $labels.node }} use more than 70 % of their cores together.',
  },
  {
    alert: 'TureenMemoryGrows',
    expr: `${memory} > 1.5 * ${offset(memory)} and ${memory} > 500e6 and ${joinedPeers} <= 1.2 * ${offset(joinedPeers)} + 10`,
    for: '30m',
    severity: 'warning',
    summary: 'The server process of {{ $labels.node }} has grown by half in six hours without more peers.',
  },
  {
    alert: 'TureenDiskFills',
    expr: `max by (node, region) (predict_linear(${q.raw(host.dataFree)}[1h], 4 * 3600)) < 0 and ${q.max(host.dataFree)} < 5e9`,
    for: '10m',
    severity: 'warning',
    summary: 'As it goes, the data disk of {{ $labels.node }} is full in less than four hours.',
  },
  {
    alert: 'TureenCertificateEnds',
    expr: `${q.max(host.certificateEnd)} - time() < ${3 * day}`,
    for: '5m',
    severity: 'critical',
    summary: 'The certificate of {{ $labels.node }} ends in less than three days, or has ended.',
  },
  {
    alert: 'TureenHostBroken',
    expr: `${q.sum(host.findings, { by: ['check'], where: { severity: 'fatal' } })} > 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The self-check of {{ $labels.node }} finds that calls cannot work there: {{ $labels.check }}.',
  },
  {
    alert: 'TureenHostWarns',
    expr: `${q.sum(host.findings, { by: ['check'], where: { severity: 'warning' } })} > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'The self-check of {{ $labels.node }} warns of its host or configuration: {{ $labels.check }}.',
  },
];

/** The same query, six hours earlier. */
function offset(expr: string): string {
  return expr.replace(/\(([^()]+)\)$/, '($1 offset 6h)');
}
