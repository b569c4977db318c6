import { metrics } from '../../collectors/mesh.ts';
import { metrics as moves } from '../../collectors/moves.ts';
import { metrics as storage } from '../../collectors/storage.ts';
import { type BoardSpec, graph, line, percentiles, q, stat } from '../spec.ts';

const byNode = { by: ['node'] };
const loss = (by: string[] = []) =>
  `${q.rate(metrics.pipeLost, { by })} / (${q.rate(metrics.pipePackets, { by })} + ${q.rate(metrics.pipeLost, { by })} > 0)`;

const busRow: BoardSpec['rows'][number] = {
  title: 'Bus and nodes',
  panels: [
    graph(
      'Connections to the bus',
      'short',
      'Connections of each node that are there: two when all is well. With fewer, calls go on and joins too, and what nodes say of each other is old.',
      [line('{{node}}', q.sum(metrics.busUp, byNode))],
      { thresholds: { warn: 2, bad: 1, below: true } },
    ),
    graph(
      'Reconnects',
      'short',
      'Connections that came back. Many of one node: its network or its bus; of all nodes: the bus.',
      [line('{{node}} {{connection}}', q.increase(metrics.reconnects, { by: ['node', 'connection'] }))],
    ),
    graph(
      'Stale nodes',
      'short',
      'Nodes of which this node hears nothing while it has no proof of their end: a network that is parted, or a process that stands still.',
      [line('{{node}}', q.sum(metrics.nodes, { ...byNode, where: { state: 'stale' } }))],
      { thresholds: { warn: 1, bad: 2 } },
    ),
    graph(
      'Duration of requests',
      's',
      'How long other nodes take to answer. It follows the distance between regions; beyond that, a node or its bus is busy.',
      percentiles((share) => q.quantile(share, metrics.requestDuration)),
      { thresholds: { warn: 0.5, bad: 1 } },
    ),
    graph('Requests', 'ops', 'Requests to other nodes by what became of them.', [
      line('{{outcome}}', q.rate(metrics.requests, { by: ['outcome'] })),
    ]),
    graph(
      'Dropped messages',
      'short',
      'malformed: another version, or somebody who is no node; unknown_node: from nodes that are not in the mesh (any more); too_large and overloaded: more than a message or a queue takes.',
      [line('{{node}} {{reason}}', q.increase(metrics.dropped, { by: ['node', 'reason'] }))],
      { thresholds: { warn: 1, bad: 100 } },
    ),
    graph(
      'Commands for other nodes',
      'short',
      'What became of them. unconfirmed: a node did not answer that may have done it; who asked was told, and can do it again. pending: a peer was removed, and a node was slow to say that its copies are gone.',
      [line('{{node}} {{outcome}}', q.increase(metrics.commands, { by: ['node', 'outcome'] }))],
    ),
    graph(
      'Facts in the outbox',
      'short',
      'Bans, removals, users and API keys that the other nodes are still to be told, of nodes that have a bus. They wait while it is away or has no JetStream.',
      [
        line(
          '{{node}}',
          `${q.sum(storage.factsWaiting, byNode)} and on (node) ${q.max(metrics.busUp, byNode)} >= 0`,
        ),
      ],
      { thresholds: { warn: 1, bad: 100 } },
    ),
    graph(
      'Clock offset',
      's',
      'How far the clocks of nodes are apart: over ten seconds changes of bans and users are refused.',
      [line('{{node}}', q.max(metrics.clockOffset, byNode))],
      { thresholds: { warn: 1, bad: 10 } },
    ),
  ],
};

const pipesRow: BoardSpec['rows'][number] = {
  title: 'Media between nodes',
  panels: [
    graph('Pipes', 'short', 'Pipes that are open: one for each room and other node that sends media to it.', [
      line('{{node}} {{direction}}', q.sum(metrics.pipes, { by: ['node', 'direction'] })),
    ]),
    graph('Bits over pipes', 'bps', 'What nodes send to each other and receive.', [
      line('{{node}} {{direction}}', `8 * ${q.rate(metrics.pipeBytes, { by: ['node', 'direction'] })}`),
    ]),
    graph(
      'Loss on pipes',
      'percentunit',
      'Share of packets that do not come through, by the node that receives. Pipes have no bandwidth estimation: it is the network between the nodes.',
      [line('{{node}}', loss(['node']))],
      { thresholds: { warn: 0.01, bad: 0.05 } },
    ),
    graph(
      'Round trip of pipes',
      's',
      'By RTCP, over all streams that a node sends to others.',
      percentiles((share) => q.quantile(share, metrics.pipeRoundTrip)),
      { thresholds: { warn: 0.25, bad: 0.5 } },
    ),
    graph(
      'Pipes built again',
      'short',
      'What was sent did not arrive. Three times within a minute: the media of that node is unreachable for a while.',
      [line('{{node}}', q.increase(metrics.pipesRebuilt, byNode))],
      { thresholds: { warn: 1, bad: 3 } },
    ),
    graph(
      'Unreachable tracks',
      'short',
      'Tracks of other nodes that could not be brought here: their peers are in the call and neither seen nor heard.',
      [line('{{node}}', q.increase(metrics.unreachable, byNode))],
      { thresholds: { warn: 1, bad: 3 } },
    ),
    graph(
      'Data channels that overflow',
      'short',
      'Messages that were dropped and channels that were closed, since the bus takes them more slowly than peers send.',
      [line('{{node}} {{course}}', q.increase(metrics.dataOverload, { by: ['node', 'course'] }))],
      { thresholds: { warn: 1, bad: 100 } },
    ),
  ],
};

const movesRow: BoardSpec['rows'][number] = {
  title: 'Peers that move',
  panels: [
    graph(
      'Moves',
      'short',
      'Peers that went on on another node without leaving, as a drain has them do: here and away are told by the two nodes of each. failed ones went on where they were.',
      [line('{{node}} {{result}}', q.increase(moves.moves, { by: ['node', 'result'] }))],
    ),
    graph(
      'Duration of moves',
      's',
      'From the arrival of a peer on its new node until it took over there.',
      percentiles((share) => q.quantile(share, moves.duration)),
      { thresholds: { warn: 5, bad: 10 } },
    ),
    graph(
      'Silence of moves',
      's',
      'How long a track was missing at a peer that moved, the longest of its tracks, as its client says.',
      percentiles((share) => q.quantile(share, moves.gap)),
      { thresholds: { warn: 0.15, bad: 1 } },
    ),
  ],
};

export const meshBoard: BoardSpec = {
  uid: 'tureen-mesh',
  title: 'Tureen / Mesh',
  description: 'What nodes say to each other, and the media between them. Empty for nodes without a bus.',
  rows: [
    {
      title: 'All nodes',
      panels: [
        stat(
          'Nodes on the bus',
          'short',
          'Nodes whose connection to the bus is there.',
          q.sum(metrics.busUp, { where: { connection: 'control' } }),
        ),
        stat(
          'Known to each',
          'short',
          'The fewest other nodes that a node hears: one less than there are, when all hear each other.',
          `min(${q.raw(metrics.nodes, { state: 'living' })} and on (node) ${q.raw(metrics.busUp, { connection: 'control' })})`,
        ),
        stat(
          'Shared rooms',
          'short',
          'What nodes know of rooms of others, all together.',
          q.sum(metrics.shares, { where: { origin: 'remote' } }),
        ),
        stat(
          'Remote peers',
          'short',
          'Peers of other nodes, as each node counts them.',
          q.sum(metrics.remotePeers),
        ),
        stat(
          'Between nodes',
          'bps',
          'Bits a second over all pipes.',
          `8 * ${q.rate(metrics.pipeBytes, { where: { direction: 'in' } })}`,
        ),
        stat('Loss on pipes', 'percentunit', 'Share of packets between nodes that is lost.', loss(), {
          thresholds: { warn: 0.01, bad: 0.05 },
        }),
      ],
    },
    busRow,
    pipesRow,
    movesRow,
  ],
};
