import { metrics as collecting } from '../collection.ts';
import { metrics as host } from '../collectors/host.ts';
import { metrics as joins } from '../collectors/joins.ts';
import { metrics as node } from '../collectors/node.ts';
import { metrics as processes } from '../collectors/process.ts';
import { metrics as rooms } from '../collectors/rooms.ts';
import { metrics as signaling } from '../collectors/signaling.ts';
import { metrics as storage } from '../collectors/storage.ts';
import { metrics as transports } from '../collectors/transports.ts';
import { metrics as webhooks } from '../collectors/webhooks.ts';
import { metrics as workers } from '../collectors/workers.ts';
import { meshRules } from './mesh-rules.ts';
import { type AlertRule, q, type RecordingRule } from './rule.ts';

const joinP95: RecordingRule = {
  record: 'node:tureen_join_duration_seconds:p95_10m',
  expr: q.quantile(0.95, joins.duration),
  doc: 'The duration of a join that 5 % of them exceed.',
};

const tried = `(${q.increase(transports.failures, { over: '15m' })} + ${q.count(transports.connectDuration, { over: '15m' })})`;
const failureRatio: RecordingRule = {
  record: 'node:tureen_transport_failures:ratio_15m',
  expr: `${q.increase(transports.failures, { over: '15m' })} / (${tried} > 0)`,
  doc: 'The share of transports that failed among those that tried to connect.',
};

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

const sentBytes: RecordingRule = {
  record: 'node:tureen_transport_bytes_out:rate_5m',
  expr: q.rate(transports.bytes, { where: { direction: 'out' }, over: '5m' }),
  doc: 'Bytes a second to peers, for long-term views.',
};

export const recordingRules: readonly RecordingRule[] = [
  joinP95,
  failureRatio,
  loopLagP99,
  workerCpu,
  sentBytes,
];

const joinedPeers = q.sum(rooms.peers, { where: { state: 'joined' } });
const memory = q.max(processes.memory);
/** The least of joins and of transports that a share is worth anything of. */
const enough = { joins: 10, transports: 20 };

export const alertRules: readonly AlertRule[] = [
  {
    alert: 'TureenNodeMissing',
    expr: 'up{job="tureen"} == 0',
    for: '2m',
    severity: 'critical',
    summary: 'Prometheus cannot read {{ $labels.instance }}: the node, its network or its token.',
  },
  {
    alert: 'TureenNodeUnready',
    expr: `${q.sum(node.ready)} == 0 and ${q.sum(node.draining)} == 0`,
    for: '2m',
    severity: 'critical',
    summary: '{{ $labels.node }} takes no new rooms and is not draining.',
  },
  {
    alert: 'TureenWorkerDied',
    expr: `${q.increase(workers.deaths)} > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'A media worker of {{ $labels.node }} died in the last ten minutes.',
  },
  {
    alert: 'TureenJoinsSlow',
    expr: `${joinP95.record} > 3 and ${q.count(joins.duration)} >= ${enough.joins}`,
    for: '5m',
    severity: 'warning',
    summary: 'One join in twenty takes more than three seconds on {{ $labels.node }}.',
  },
  {
    alert: 'TureenTransportsFail',
    expr: `${failureRatio.record} > 0.1 and ${tried} >= ${enough.transports}`,
    for: '5m',
    severity: 'critical',
    summary:
      'More than a tenth of the transports of {{ $labels.node }} fail to connect or lose their connection.',
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
    alert: 'TureenSocketsDropped',
    expr: `${q.increase(signaling.drops)} > 20`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.node }} has closed more than 20 sockets in ten minutes for what their clients did.',
  },
  {
    alert: 'TureenDrainTooLong',
    expr: `${q.sum(node.draining)} == 1 and time() - ${q.max(node.drainDeadline)} > 300`,
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.node }} should have ended its drain five minutes ago and still runs.',
  },
  {
    alert: 'TureenStorageFails',
    expr: `${q.sum(storage.writable)} == 0`,
    for: '1m',
    severity: 'critical',
    summary: 'The database of {{ $labels.node }} takes no writes: bans and records are refused or wait.',
  },
  {
    alert: 'TureenAuditEntriesLost',
    expr: `${q.increase(storage.lost)} > 0`,
    for: '0m',
    severity: 'critical',
    summary: 'Entries of the audit log of {{ $labels.node }} were lost in the last ten minutes.',
  },
  {
    alert: 'TureenLogLinesLost',
    expr: `${q.increase(processes.lostLines)} > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'Lines of the log of {{ $labels.node }} were lost in the last ten minutes.',
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
  {
    alert: 'TureenWebhooksNotDelivered',
    expr: `${q.max(webhooks.oldest, { by: ['receiver'] })} > 900`,
    for: '5m',
    severity: 'warning',
    summary:
      'Webhooks of {{ $labels.node }} for {{ $labels.receiver }} have waited for more than 15 minutes.',
  },
  {
    alert: 'TureenWebhooksGivenUp',
    expr: `${q.increase(webhooks.givenUp, { by: ['receiver'] })} > 0`,
    for: '0m',
    severity: 'warning',
    summary:
      'Webhooks of {{ $labels.node }} for {{ $labels.receiver }} were given up in the last ten minutes.',
  },
  ...meshRules,
  {
    alert: 'TureenCollectorFails',
    expr: `min by (node, region, collector) (${q.raw(collecting.success)}) == 0`,
    for: '10m',
    severity: 'warning',
    summary: 'The part {{ $labels.collector }} of the metrics of {{ $labels.node }} cannot be read.',
  },
];

/** The same query, six hours earlier. */
function offset(expr: string): string {
  return expr.replace(/\(([^()]+)\)$/, '($1 offset 6h)');
}
