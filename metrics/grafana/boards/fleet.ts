import { metrics as joins } from '../../collectors/joins.ts';
import { metrics as node } from '../../collectors/node.ts';
import { metrics as rooms } from '../../collectors/rooms.ts';
import { metrics as streams } from '../../collectors/streams.ts';
import { metrics as transports } from '../../collectors/transports.ts';
import { metrics as workers } from '../../collectors/workers.ts';
import { type BoardSpec, bars, graph, line, noCalls, q, stat } from '../spec.ts';

const bits = (direction: 'in' | 'out', by: string[] = []) =>
  `8 * ${q.rate(transports.bytes, { where: { direction }, by })}`;
const loss = (by: string[] = []) => q.mean(streams.lossRatio, { by });

export const fleetBoard: BoardSpec = {
  uid: 'tureen-fleet',
  title: 'Tureen / Fleet',
  description: 'All nodes: what they carry, how well, and which of them needs a look.',
  rows: [
    {
      title: 'All nodes',
      panels: [
        stat('Nodes', 'short', 'Nodes that Prometheus reads.', `count(${q.raw(node.ready)})`),
        stat(
          'Ready',
          'short',
          'Nodes that take new rooms. Fewer than all: look at the drains and workers below.',
          q.sum(node.ready),
        ),
        stat('Rooms', 'short', 'Rooms that are open.', q.sum(rooms.rooms)),
        stat(
          'Peers',
          'short',
          'Peers that are in a call.',
          q.sum(rooms.peers, { where: { state: 'joined' } }),
        ),
        stat('Sent', 'bps', 'Bits a second to all peers.', bits('out')),
        stat('Loss', 'percentunit', 'Mean share of packets that streams lose, both directions.', loss(), {
          thresholds: { warn: 0.02, bad: 0.05 },
          empty: noCalls,
        }),
      ],
    },
    {
      title: 'By node',
      panels: [
        graph('Rooms', 'short', 'Open rooms by node.', [
          line('{{node}}', q.sum(rooms.rooms, { by: ['node'] })),
        ]),
        graph('Peers', 'short', 'Peers in a call by node.', [
          line('{{node}}', q.sum(rooms.peers, { by: ['node'], where: { state: 'joined' } })),
        ]),
        graph(
          'Joins',
          'ops',
          'Joins a second by node. One node without joins among others with them: its ready state or the balancing.',
          [line('{{node}}', q.rate(joins.joins, { by: ['node'], where: { result: 'ok' } }))],
        ),
        graph(
          'Received',
          'bps',
          'Bits a second from peers by node.',
          [line('{{node}}', bits('in', ['node']))],
          {
            stacked: true,
          },
        ),
        graph('Sent', 'bps', 'Bits a second to peers by node.', [line('{{node}}', bits('out', ['node']))], {
          stacked: true,
        }),
        graph(
          'Loss',
          'percentunit',
          'Mean share of packets lost by node. One node alone: its network; all of them: the clients or a release.',
          [line('{{node}}', loss(['node']))],
          { thresholds: { warn: 0.02, bad: 0.05 }, empty: noCalls },
        ),
        graph(
          'Deaths of workers',
          'short',
          'Media workers that died in the window; each takes its calls down for a moment.',
          [line('{{node}}', q.increase(workers.deaths, { by: ['node'] }))],
          { thresholds: { warn: 1, bad: 3 } },
        ),
        graph(
          'Busiest worker',
          'percentunit',
          'Share of a core that the busiest media worker of each node uses.',
          [line('{{node}}', `max by (node) (rate(${q.raw(workers.cpu)}[$__rate_interval]))`)],
          { thresholds: { warn: 0.7, bad: 0.9 } },
        ),
        graph(
          'Stress',
          'percentunit',
          'How near each node is to the end of what it has; the page of the node says of what.',
          [line('{{node}}', `max by (node) (${q.raw(node.stress)})`)],
          { thresholds: { warn: 0.7, bad: 0.85 } },
        ),
        graph('Draining', 'short', '1 while a node takes no new rooms, for it is about to end.', [
          line('{{node}}', q.max(node.draining, { by: ['node'] })),
        ]),
      ],
    },
    {
      title: 'By region',
      panels: [
        bars('Peers by region', 'short', 'Where the peers are now.', [
          line('{{region}}', q.sum(rooms.peers, { by: ['region'], where: { state: 'joined' } })),
        ]),
        graph('Sent by region', 'bps', 'Bits a second to peers by region.', [
          line('{{region}}', bits('out', ['region'])),
        ]),
        graph(
          'Loss by region',
          'percentunit',
          'Mean share of packets lost by region.',
          [line('{{region}}', loss(['region']))],
          { thresholds: { warn: 0.02, bad: 0.05 }, empty: noCalls },
        ),
      ],
    },
  ],
};
