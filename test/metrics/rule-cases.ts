import { meshCases } from './mesh-rule-cases.ts';
import { le, node, on, type RuleCase, type Series } from './rule-case.ts';

const joinServer = 'tureen_join_server_seconds';
const joins = (fast: string, all: string): Series[] => [
  [le(joinServer, '0.5'), fast],
  [le(joinServer, '1'), all],
  [le(joinServer, '+Inf'), all],
  [on(`${joinServer}_count`), all],
];
const results = (ok: string, disconnected: string): Series[] => [
  [on('tureen_joins_total', 'result="ok"'), ok],
  [on('tureen_joins_total', 'result="join_timeout"'), '0x60'],
  [on('tureen_joins_total', 'result="disconnected"'), disconnected],
];
const refused = (times: string, ok: string): Series[] => [
  [on('tureen_connections_refused_total', 'code="unauthorized"'), times],
  [on('tureen_joins_total', 'result="refused"'), times],
  [on('tureen_joins_total', 'result="ok"'), ok],
];
const producers = (silent: string, flowing: string): Series[] => [
  [on('tureen_producers', 'state="silent",kind="audio",codec="opus",source="mic"'), silent],
  [on('tureen_producers', 'state="flowing",kind="audio",codec="opus",source="mic"'), flowing],
];
const consumers = (frozen: string, flowing: string): Series[] => [
  [on('tureen_consumers', 'state="frozen",kind="video",codec="vp8"'), frozen],
  [on('tureen_consumers', 'state="flowing",kind="video",codec="vp8"'), flowing],
];
const streamLoss = 'tureen_stream_loss_ratio';
const losses = (good: string, all: string): Series[] => [
  [`${streamLoss}_bucket{node="n1",region="ams",side="consumer",kind="audio",le="0.05"}`, good],
  [on(`${streamLoss}_count`, 'side="consumer",kind="audio"'), all],
];
const paths = (path: 'tcp' | 'relayed', those: string, udp: string): Series[] => [
  [on('tureen_transports_by_path', `path="${path}"`), those],
  [on('tureen_transports_by_path', 'path="udp"'), udp],
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
  TureenRestartLoop: {
    at: '10m',
    labels: node,
    fires: [[on('process_start_time_seconds'), '0 0 100 160 220x10']],
    // A new version, and then a setting that was forgotten.
    silent: [[on('process_start_time_seconds'), '0 0 100 160x10']],
  },
  TureenWorkerHangs: {
    at: '8m',
    labels: node,
    fires: [[on('tureen_worker_hangs_total'), '0 0 0 1x10']],
    silent: [[on('tureen_worker_hangs_total'), '2x15']],
  },
  TureenWorkerDown: {
    at: '5m',
    labels: { ...node, worker: '1' },
    fires: [[on('tureen_worker_up', 'worker="1"'), '1 1 0x10']],
    // It is replaced.
    silent: [[on('tureen_worker_up', 'worker="1"'), '1 1 0 1x10']],
  },
  TureenDescriptors: {
    at: '5m',
    labels: node,
    fires: [
      [on('process_open_fds'), '900x10'],
      [on('process_max_fds'), '1024x10'],
    ],
    silent: [
      [on('process_open_fds'), '900x10'],
      [on('process_max_fds'), '0x10'],
    ],
  },
  TureenDiskFills: {
    at: '90m',
    labels: node,
    fires: [[on('tureen_data_free_bytes', 'folder="data"'), '4e9-20e6x120']],
    // It grows as it always does.
    silent: [[on('tureen_data_free_bytes', 'folder="data"'), '4e9-1e6x120']],
  },
  TureenCertificateEnds: {
    at: '10m',
    labels: node,
    fires: [[on('tureen_certificate_end_timestamp_seconds', 'certificate="server"'), '172800x15']],
    silent: [[on('tureen_certificate_end_timestamp_seconds', 'certificate="server"'), '864000x15']],
  },
  TureenJoinsRefused: {
    at: '20m',
    labels: { ...node, code: 'unauthorized' },
    fires: refused('0+3x30', '0+5x30'),
    // As many, among far more who are let in.
    silent: refused('0+3x30', '0+50x30'),
  },
  TureenJoinsFail: {
    at: '20m',
    labels: node,
    fires: results('0+3x30', '0+3x30'),
    silent: results('0+30x30', '0+3x30'),
  },
  TureenRequestsFail: {
    at: '10m',
    labels: { ...node, method: 'produce' },
    fires: [[on('tureen_signaling_requests_total', 'method="produce",result="failed"'), '0+1x30']],
    silent: [[on('tureen_signaling_requests_total', 'method="produce",result="refused"'), '0+10x30']],
  },
  TureenMediaMissing: {
    at: '10m',
    labels: node,
    fires: producers('8x20', '12x20'),
    // A few who are about to begin.
    silent: producers('8x20', '92x20'),
  },
  TureenLossOfMany: {
    at: '20m',
    labels: { ...node, side: 'consumer' },
    fires: losses('0+60x30', '0+100x30'),
    // One in ten has a bad network.
    silent: losses('0+90x30', '0+100x30'),
  },
  TureenFreezes: {
    at: '10m',
    labels: node,
    fires: consumers('20x20', '80x20'),
    // As many of far more, as those are who have just come.
    silent: consumers('20x20', '400x20'),
  },
  TureenCanaryFails: {
    at: '8m',
    labels: { target: 'https://edge.example.com/' },
    fires: [['tureen_canary_success{target="https://edge.example.com/"}', '1 1 0x10']],
    // One call in a row of good ones.
    silent: [['tureen_canary_success{target="https://edge.example.com/"}', '1 1 0 1x10']],
  },
  TureenTcpShareJumps: {
    at: '26h',
    labels: node,
    fires: paths('tcp', '2x1500 60x80', '98x1500 40x80'),
    // It has always been so.
    silent: paths('tcp', '40x1600', '60x1600'),
  },
  TureenRelayedShareJumps: {
    at: '26h',
    labels: node,
    fires: paths('relayed', '2x1500 60x80', '98x1500 40x80'),
    // As large a share of three who are left.
    silent: paths('relayed', '2x1500 2x80', '98x1500 1x80'),
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
