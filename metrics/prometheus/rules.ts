import { metrics as collecting } from '../collection.ts';
import { metrics as node } from '../collectors/node.ts';
import { metrics as processes } from '../collectors/process.ts';
import { metrics as storage } from '../collectors/storage.ts';
import { metrics as webhooks } from '../collectors/webhooks.ts';
import { callRecordings, callRules } from './call-rules.ts';
import { hostRecordings, hostRules } from './host-rules.ts';
import { meshRules } from './mesh-rules.ts';
import { type AlertRule, q, type RecordingRule } from './rule.ts';

export const recordingRules: readonly RecordingRule[] = [...callRecordings, ...hostRecordings];

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
  ...hostRules,
  ...callRules,
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
