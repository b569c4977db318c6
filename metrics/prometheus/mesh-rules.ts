import { metrics as mesh } from '../collectors/mesh.ts';
import { metrics as storage } from '../collectors/storage.ts';
import type { AlertRule } from './rule.ts';
import { q } from './rule.ts';

const asked = (outcome: string) => q.increase(mesh.requests, { where: { outcome } });
/** Those that nobody answered; the ones that were asked while the bus was away have an alert of their own. */
const unanswered = `(${asked('timeout')} + ${asked('nobody')})`;
const arrived = `(${q.increase(mesh.pipePackets)} + ${q.increase(mesh.pipeLost)})`;
/** The least of each that a share is worth anything of. */
const enough = { requests: 20, packets: 3000 };

/** What can be wrong between nodes. Nothing of it can be on a node without a bus. */
export const meshRules: readonly AlertRule[] = [
  {
    alert: 'TureenBusDown',
    expr: `${q.max(mesh.busUp, { by: ['connection'] })} == 0`,
    for: '1m',
    severity: 'critical',
    summary: '{{ $labels.node }} has no {{ $labels.connection }} connection to the bus.',
  },
  {
    alert: 'TureenBusUnstable',
    expr: `${q.increase(mesh.reconnects, { by: ['connection'] })} > 4`,
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.node }} lost its {{ $labels.connection }} connection to the bus again and again.',
  },
  {
    alert: 'TureenMeshNodeStale',
    expr: `${q.sum(mesh.nodes, { where: { state: 'stale' } })} > 0`,
    for: '1m',
    severity: 'warning',
    summary: '{{ $labels.node }} hears nothing of another node, and has no proof that it has ended.',
  },
  {
    alert: 'TureenMeshRequestsUnanswered',
    expr: `${unanswered} / (${unanswered} + ${asked('answered')}) > 0.05 and ${unanswered} + ${asked('answered')} >= ${enough.requests}`,
    for: '5m',
    severity: 'warning',
    summary: 'Other nodes do not answer one request in twenty of {{ $labels.node }}.',
  },
  {
    alert: 'TureenMeshRequestsSlow',
    expr: `${q.quantile(0.95, mesh.requestDuration)} > 0.5 and ${q.count(mesh.requestDuration)} >= ${enough.requests}`,
    for: '5m',
    severity: 'warning',
    summary: 'Other nodes take more than half a second for one request in twenty of {{ $labels.node }}.',
  },
  {
    alert: 'TureenMeshMessagesDropped',
    expr: `${q.increase(mesh.dropped, { by: ['reason'] })} > 20`,
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.node }} drops messages of other nodes: {{ $labels.reason }}.',
  },
  {
    alert: 'TureenMeshClocksApart',
    expr: `${q.max(mesh.clockOffset)} > 2`,
    for: '5m',
    severity: 'warning',
    summary: 'The clock of {{ $labels.node }} and that of another node are more than two seconds apart.',
  },
  {
    alert: 'TureenFactsWaiting',
    // A node without a bus keeps them for the mesh that it may join.
    expr: `${q.max(storage.factsWaiting)} > 0 and ${q.max(mesh.busUp)} >= 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Bans, users or API keys that were changed on {{ $labels.node }} do not reach the other nodes.',
  },
  {
    alert: 'TureenCommandsUnconfirmed',
    expr: `${q.increase(mesh.commands, { where: { outcome: 'unconfirmed' } })} > 2`,
    for: '0m',
    severity: 'warning',
    summary:
      'Commands that were given on {{ $labels.node }} were not confirmed by the nodes that they are for.',
  },
  {
    alert: 'TureenPipesUnreachable',
    expr: `${q.increase(mesh.unreachable)} > 0`,
    for: '0m',
    severity: 'critical',
    summary: 'Media of other nodes could not be brought to {{ $labels.node }} in the last ten minutes.',
  },
  {
    alert: 'TureenPipesRebuilt',
    expr: `${q.increase(mesh.pipesRebuilt)} > 2`,
    for: '0m',
    severity: 'warning',
    summary: 'Media from other nodes to {{ $labels.node }} stalled more than twice in ten minutes.',
  },
  {
    alert: 'TureenPipeLoss',
    expr: `${q.increase(mesh.pipeLost)} / ${arrived} > 0.02 and ${arrived} >= ${enough.packets}`,
    for: '5m',
    severity: 'warning',
    summary: 'More than 2 % of the packets from other nodes to {{ $labels.node }} are lost.',
  },
  {
    alert: 'TureenMeshDataOverload',
    expr: `${q.increase(mesh.dataOverload, { by: ['course'] })} > 0`,
    for: '0m',
    severity: 'warning',
    summary:
      'Data of peers of {{ $labels.node }} did not leave it in time for other nodes ({{ $labels.course }}).',
  },
];
