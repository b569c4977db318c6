import { le, node, on, type RuleCase, type Series } from './rule-case.ts';

const requests = (outcomes: Readonly<Record<string, string>>): Series[] =>
  Object.entries(outcomes).map(([outcome, values]) => [
    on('tureen_mesh_requests_total', `outcome="${outcome}"`),
    values,
  ]);
const duration = 'tureen_mesh_request_duration_seconds';
const durations = (fast: string, all: string): Series[] => [
  [le(duration, '0.5'), fast],
  [le(duration, '1'), all],
  [le(duration, '+Inf'), all],
  [on(`${duration}_count`), all],
];
const pipes = (lost: string, received: string): Series[] => [
  [on('tureen_pipe_packets_lost_total'), lost],
  [on('tureen_pipe_packets_total'), received],
];

/** Of what goes wrong between nodes. */
export const meshCases: Readonly<Record<string, RuleCase>> = {
  TureenBusDown: {
    at: '5m',
    labels: { ...node, connection: 'control' },
    fires: [[on('tureen_bus_up', 'connection="control"'), '1 1 0x10']],
    // It is back before the alert holds, and a node without a bus has no such series.
    silent: [
      [on('tureen_bus_up', 'connection="control"'), '1 1 1 1 1 0x10'],
      [on('tureen_ready'), '1x10'],
    ],
  },
  TureenBusUnstable: {
    at: '15m',
    labels: { ...node, connection: 'data' },
    fires: [[on('tureen_bus_reconnects_total', 'connection="data"'), '0+1x20']],
    silent: [[on('tureen_bus_reconnects_total', 'connection="data"'), '0x8 2x12']],
  },
  TureenMeshNodeStale: {
    at: '6m',
    labels: node,
    fires: [[on('tureen_mesh_nodes', 'state="stale"'), '0 0 1x10']],
    silent: [[on('tureen_mesh_nodes', 'state="stale"'), '0 1 0x10']],
  },
  TureenMeshRequestsUnanswered: {
    at: '20m',
    labels: node,
    fires: requests({ answered: '0+10x30', timeout: '0+1x30', nobody: '0x30' }),
    // As large a share, of too few; and the bus away, which is another alert.
    silent: [...requests({ answered: '0+1x30', timeout: '0+0.1x30', nobody: '0x30', away: '0+50x30' })],
  },
  TureenMeshRequestsSlow: {
    at: '20m',
    labels: node,
    fires: durations('0+8x30', '0+10x30'),
    silent: durations('0+98x30', '0+100x30'),
  },
  TureenMeshMessagesDropped: {
    at: '20m',
    labels: { ...node, reason: 'malformed' },
    fires: [[on('tureen_mesh_messages_dropped_total', 'reason="malformed"'), '0+4x30']],
    silent: [[on('tureen_mesh_messages_dropped_total', 'reason="malformed"'), '0+1x30']],
  },
  TureenMeshClocksApart: {
    at: '10m',
    labels: node,
    fires: [[on('tureen_mesh_clock_offset_seconds'), '3x20']],
    silent: [[on('tureen_mesh_clock_offset_seconds'), '1.5x20']],
  },
  TureenFactsWaiting: {
    at: '30m',
    labels: node,
    // Also while the bus is down.
    fires: [
      [on('tureen_facts_waiting'), '0 0 3x40'],
      [on('tureen_bus_up', 'connection="control"'), '1 1 0x40'],
    ],
    // They were sent meanwhile; and a node that has no bus.
    silent: [
      [on('tureen_facts_waiting'), '3x10 0x30'],
      [on('tureen_bus_up', 'connection="control"'), '1x40'],
      ['tureen_facts_waiting{node="alone",region="ams"}', '7x40'],
    ],
  },
  TureenCommandsUnconfirmed: {
    at: '20m',
    labels: node,
    fires: [[on('tureen_mesh_commands_total', 'outcome="unconfirmed"'), '0+1x30']],
    silent: [
      [on('tureen_mesh_commands_total', 'outcome="unconfirmed"'), '0x15 1x15'],
      [on('tureen_mesh_commands_total', 'outcome="refused"'), '0+9x30'],
    ],
  },
  TureenPipesUnreachable: {
    at: '8m',
    labels: node,
    fires: [[on('tureen_pipe_tracks_unreachable_total'), '0 0 0 1x10']],
    silent: [[on('tureen_pipe_tracks_unreachable_total'), '4x15']],
  },
  TureenPipesRebuilt: {
    at: '15m',
    labels: node,
    fires: [[on('tureen_pipes_rebuilt_total'), '0x6 1 2 3 4x12']],
    silent: [[on('tureen_pipes_rebuilt_total'), '0x6 1x14']],
  },
  TureenPipeLoss: {
    at: '20m',
    labels: node,
    fires: pipes('0+50x30', '0+1000x30'),
    // As large a share, of too few.
    silent: pipes('0+5x30', '0+100x30'),
  },
  TureenMeshDataOverload: {
    at: '8m',
    labels: { ...node, course: 'closed' },
    fires: [[on('tureen_mesh_data_overload_total', 'course="closed"'), '0 0 0 1x10']],
    silent: [[on('tureen_mesh_data_overload_total', 'course="closed"'), '4x15']],
  },
};
