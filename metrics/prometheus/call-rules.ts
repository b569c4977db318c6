import { metrics as consumers } from '../collectors/consumers.ts';
import { metrics as joins } from '../collectors/joins.ts';
import { metrics as producers } from '../collectors/producers.ts';
import { metrics as signaling } from '../collectors/signaling.ts';
import { metrics as streams } from '../collectors/streams.ts';
import { metrics as transports } from '../collectors/transports.ts';
import { type AlertRule, q, type RecordingRule } from './rule.ts';

/** The least of joins, transports and streams that a share is worth anything of. */
const enough = { joins: 10, transports: 20, streams: 10 };

const joinP95: RecordingRule = {
  record: 'node:tureen_join_server_seconds:p95_10m',
  expr: q.quantile(0.95, joins.serverDuration),
  doc: 'What the server takes of a join, which 5 % of them exceed.',
};

const tried = `(${q.increase(transports.failures, { over: '15m' })} + ${q.count(transports.connectDuration, { over: '15m' })})`;
const failureRatio: RecordingRule = {
  record: 'node:tureen_transport_failures:ratio_15m',
  expr: `${q.increase(transports.failures, { over: '15m' })} / (${tried} > 0)`,
  doc: 'The share of transports that failed among those that tried to connect.',
};

const connected = q.sum(transports.byPath);
/** The share of the transports of a node that take this path. */
const shareOf = (path: string): RecordingRule => ({
  record: `node:tureen_transports_${path}:ratio`,
  expr: `${q.sum(transports.byPath, { where: { path } })} / (${connected} > 0)`,
  doc: `The share of connected transports whose path is ${path}.`,
});
const paths = { tcp: shareOf('tcp'), relayed: shareOf('relayed') };

const sentBytes: RecordingRule = {
  record: 'node:tureen_transport_bytes_out:rate_5m',
  expr: q.rate(transports.bytes, { where: { direction: 'out' }, over: '5m' }),
  doc: 'Bytes a second to peers, for long-term views.',
};

export const callRecordings: readonly RecordingRule[] = [
  joinP95,
  failureRatio,
  paths.tcp,
  paths.relayed,
  sentBytes,
];

/** Attempts that were let in and did not come into the call, and all that ended one way or the other. */
const attempts = (result: string) => q.increase(joins.joins, { where: { result } });
const failedJoins = `(${attempts('join_timeout')} + ${attempts('disconnected')})`;
const refusedBy = q.increase(joins.refusals, { by: ['code'] });
const silent = q.sum(producers.producers, { where: { state: 'silent' } });
const sending = `(${silent} + ${q.sum(producers.producers, { where: { state: 'flowing' } })})`;

const frozen = q.sum(consumers.consumers, { where: { state: 'frozen' } });
const watched = `(${frozen} + ${q.sum(consumers.consumers, { where: { state: 'flowing', kind: 'video' } })})`;

/** A share that is far above what it was in the last day, and not only for the first few who came. */
const jumps = ({ record }: RecordingRule) =>
  `${record} > 0.1 + 2 * avg_over_time(${record}[1d] offset 1h) and ${connected} >= ${enough.transports}`;

/** About what people in calls notice. */
export const callRules: readonly AlertRule[] = [
  {
    alert: 'TureenJoinsSlow',
    expr: `${joinP95.record} > 0.5 and ${q.count(joins.serverDuration)} >= ${enough.joins}`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.node }} takes more than half a second of its own time for one join in twenty.',
  },
  {
    alert: 'TureenJoinsRefused',
    expr: `${refusedBy} > on (node, region) group_left () (0.2 * ${q.increase(joins.joins)}) and ${refusedBy} >= ${enough.joins}`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.node }} refuses more than a fifth of those who want in, with {{ $labels.code }}.',
  },
  {
    alert: 'TureenJoinsFail',
    expr: `${failedJoins} > 0.3 * (${failedJoins} + ${attempts('ok')}) and ${failedJoins} >= ${enough.joins}`,
    for: '5m',
    severity: 'warning',
    summary: 'A third of those whom {{ $labels.node }} lets in do not come into the call.',
  },
  {
    alert: 'TureenRequestsFail',
    expr: `${q.increase(signaling.requests, { by: ['method'], where: { result: 'failed' } })} >= 5`,
    for: '0m',
    severity: 'critical',
    summary: '{{ $labels.node }} fails to do what clients ask for: {{ $labels.method }}.',
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
    alert: 'TureenMediaMissing',
    expr: `${silent} > 0.2 * ${sending} and ${silent} >= 5`,
    for: '5m',
    severity: 'critical',
    summary: 'Nothing arrives of more than a fifth of what peers publish on {{ $labels.node }}.',
  },
  {
    alert: 'TureenLossOfMany',
    expr: `${q.shareAbove(0.05, streams.lossRatio, { by: ['side'] })} > 0.2 and ${q.count(streams.lossRatio, { by: ['side'] })} >= ${10 * enough.streams}`,
    for: '5m',
    severity: 'warning',
    summary: 'A fifth of the streams of {{ $labels.node }} lose more than 5 % ({{ $labels.side }}).',
  },
  {
    alert: 'TureenFreezes',
    expr: `${frozen} > 0.1 * ${watched} and ${frozen} >= 5`,
    for: '5m',
    severity: 'warning',
    summary: 'More than a tenth of the pictures that {{ $labels.node }} sends stand still.',
  },
  {
    alert: 'TureenCanaryFails',
    // Exported by the canary, which is a program of its own.
    expr: 'tureen_canary_success == 0',
    for: '3m',
    severity: 'critical',
    summary: 'Calls from outside to {{ $labels.target }} fail.',
  },
  {
    alert: 'TureenTcpShareJumps',
    expr: jumps(paths.tcp),
    for: '10m',
    severity: 'warning',
    summary:
      'Far more clients of {{ $labels.node }} than in the last day need TCP: UDP does not come through.',
  },
  {
    alert: 'TureenRelayedShareJumps',
    expr: jumps(paths.relayed),
    for: '10m',
    severity: 'warning',
    summary: 'Far more clients of {{ $labels.node }} than in the last day come over a relay.',
  },
  {
    alert: 'TureenSocketsDropped',
    expr: `${q.increase(signaling.drops)} > 20`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.node }} has closed more than 20 sockets in ten minutes for what their clients did.',
  },
];
