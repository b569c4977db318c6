import { meshCases } from './mesh-rule-cases.ts';
import { le, node, on, type RuleCase, type Series } from './rule-case.ts';

const joinDuration = 'tureen_join_duration_seconds';
const joins = (fast: string, all: string): Series[] => [
  [le(joinDuration, '3'), fast],
  [le(joinDuration, '5'), all],
  [le(joinDuration, '+Inf'), all],
  [on(`${joinDuration}_count`), all],
];
const transports = (failed: string, connected: string): Series[] => [
  [on('tureen_transport_failures_total', 'reason="never_connected"'), failed],
  [on('tureen_transport_connect_duration_seconds_count'), connected],
];
const lag = (short: string, all: string): Series[] => [
  [le('tureen_event_loop_lag_seconds', '0.1'), short],
  [le('tureen_event_loop_lag_seconds', '0.25'), all],
  [le('tureen_event_loop_lag_seconds', '+Inf'), all],
];
const cpu = (...perMinute: number[]): Series[] =>
  perMinute.map((seconds, worker) => [
    on('tureen_worker_cpu_seconds_total', `worker="${worker}"`),
    `0+${seconds}x40`,
  ]);
const memory = (megabytes: string, peers: string): Series[] => [
  [on('process_resident_memory_bytes'), megabytes],
  [on('tureen_peers', 'state="joined"'), peers],
];

const descriptors = (share: string): Series[] => [[on('tureen_worker_fds_ratio', 'worker="0"'), share]];

/** For every alert when it fires, and a state near to it in which it must not. */
export const cases: Readonly<Record<string, RuleCase>> = {
  TureenNodeMissing: {
    at: '5m',
    labels: { job: 'tureen', instance: 'n1:9464' },
    fires: [['up{job="tureen",instance="n1:9464"}', '1 1 0x10']],
    silent: [
      ['up{job="tureen",instance="n1:9464"}', '1 1 1 1 0x10'],
      ['up{job="other",instance="n1:9464"}', '0x10'],
    ],
  },
  TureenNodeUnready: {
    at: '10m',
    labels: node,
    fires: [
      [on('tureen_ready'), '0x10'],
      [on('tureen_draining'), '0x10'],
    ],
    silent: [
      [on('tureen_ready'), '0x10'],
      [on('tureen_draining'), '1x10'],
    ],
  },
  TureenWorkerDied: {
    at: '8m',
    labels: node,
    fires: [[on('tureen_worker_deaths_total', 'worker="0"'), '0 0 0 1x10']],
    silent: [[on('tureen_worker_deaths_total', 'worker="0"'), '4x15']],
  },
  TureenJoinsSlow: {
    at: '20m',
    labels: node,
    fires: joins('0+1x30', '0+2x30'),
    // As slow, but too few of them to say anything.
    silent: joins('0x30', '0+0.5x30'),
  },
  TureenTransportsFail: {
    at: '30m',
    labels: node,
    fires: transports('0+1x40', '0+3x40'),
    // As large a share, of too few.
    silent: transports('0+0.1x40', '0+0.3x40'),
  },
  TureenLoopLag: {
    at: '30m',
    labels: node,
    fires: lag('0+90x40', '0+100x40'),
    silent: lag('0+998x40', '0+1000x40'),
  },
  TureenWorkerBusy: {
    at: '30m',
    labels: { ...node, worker: '0' },
    fires: cpu(58, 20),
    silent: cpu(50, 20),
  },
  TureenWorkerDescriptors: {
    at: '5m',
    labels: { ...node, worker: '0' },
    fires: descriptors('0.9x10'),
    silent: descriptors('0.7x10'),
  },
  TureenCapacityNearlyUsed: {
    at: '35m',
    labels: node,
    fires: cpu(48, 45),
    // One busy worker alone is not the node's capacity.
    silent: cpu(58, 10),
  },
  TureenMemoryGrows: {
    at: '8h',
    labels: node,
    fires: memory('400e6+1.5e6x600', '100x600'),
    // It has grown with its peers.
    silent: memory('400e6+1.5e6x600', '100+1x600'),
  },
  TureenSocketsDropped: {
    at: '20m',
    labels: node,
    fires: [[on('tureen_signaling_drops_total', 'reason="flood"'), '0+3x30']],
    silent: [[on('tureen_signaling_drops_total', 'reason="flood"'), '0+1x30']],
  },
  TureenDrainTooLong: {
    at: '20m',
    labels: node,
    fires: [
      [on('tureen_draining'), '1x30'],
      [on('tureen_drain_deadline_timestamp_seconds'), '600x30'],
    ],
    silent: [
      [on('tureen_draining'), '1x30'],
      [on('tureen_drain_deadline_timestamp_seconds'), '1000x30'],
    ],
  },
  TureenHostBroken: {
    at: '6m',
    labels: { ...node, check: 'certificate' },
    fires: [[on('tureen_host_findings', 'check="certificate",severity="fatal"'), '0 0 0 1x10']],
    silent: [[on('tureen_host_findings', 'check="certificate",severity="warning"'), '1x15']],
  },
  TureenHostWarns: {
    at: '20m',
    labels: { ...node, check: 'disk' },
    fires: [[on('tureen_host_findings', 'check="disk",severity="warning"'), '0 0 1x30']],
    silent: [[on('tureen_host_findings', 'check="disk",severity="warning"'), '1 1 1 1 1 1 1 1 0x30']],
  },
  TureenStorageFails: {
    at: '6m',
    labels: node,
    fires: [[on('tureen_storage_writable'), '1 1 1 0x10']],
    silent: [[on('tureen_storage_writable'), '1 1 0 1x10']],
  },
  TureenAuditEntriesLost: {
    at: '8m',
    labels: node,
    fires: [[on('tureen_audit_entries_lost_total'), '0 0 0 1x10']],
    silent: [[on('tureen_audit_entries_lost_total'), '4x15']],
  },
  TureenLogLinesLost: {
    at: '8m',
    labels: node,
    fires: [[on('tureen_log_lines_lost_total'), '0 0 0 1x10']],
    silent: [[on('tureen_log_lines_lost_total'), '4x15']],
  },
  TureenWebhooksNotDelivered: {
    at: '25m',
    labels: { ...node, receiver: 'billing' },
    fires: [[on('tureen_webhook_oldest_seconds', 'receiver="billing"'), '0+60x30']],
    // It comes back before the alert holds.
    silent: [[on('tureen_webhook_oldest_seconds', 'receiver="billing"'), '0+60x18 0x12']],
  },
  TureenWebhooksGivenUp: {
    at: '8m',
    labels: { ...node, receiver: 'billing' },
    fires: [[on('tureen_webhooks_given_up_total', 'receiver="billing",course="dead"'), '0 0 0 1x10']],
    silent: [[on('tureen_webhooks_given_up_total', 'receiver="billing",course="dead"'), '4x15']],
  },
  ...meshCases,
  TureenCollectorFails: {
    at: '15m',
    labels: { ...node, collector: 'process' },
    fires: [[on('tureen_collector_success', 'collector="process"'), '0x20']],
    silent: [[on('tureen_collector_success', 'collector="process"'), '0 0 0 0 1x20']],
  },
};
