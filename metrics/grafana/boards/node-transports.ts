import { metrics as consumers } from '../../collectors/consumers.ts';
import { metrics as data } from '../../collectors/data.ts';
import { metrics as producers } from '../../collectors/producers.ts';
import { metrics as transports } from '../../collectors/transports.ts';
import { type BoardSpec, graph, line, noCalls, percentiles, q } from '../spec.ts';

/** The row of the node's dashboard about transports and data channels. */
export const transportsRow: BoardSpec['rows'][number] = {
  title: 'Transports and data',
  panels: [
    graph('Transports by ICE state', 'short', 'disconnected ones lost their network and may come back.', [
      line('{{state}}', q.sum(transports.byIce, { by: ['state'] })),
    ]),
    graph(
      'Transports by protocol',
      'short',
      'udp is what you want; tcp costs quality, and means that networks drop UDP.',
      [line('{{protocol}}', q.sum(transports.byIce, { by: ['protocol'] }))],
    ),
    graph(
      'Ways to clients',
      'percentunit',
      'Share of connected transports by the way that media takes: udp is what you want; tcp and relayed mean that networks of clients drop UDP, and cost quality.',
      [
        line(
          '{{path}}',
          `${q.sum(transports.byPath, { by: ['path'] })} / on () group_left () (${q.sum(transports.byPath)} > 0)`,
        ),
      ],
      { stacked: true, empty: noCalls },
    ),
    graph('Transports by DTLS state', 'short', 'failed ones had the wrong certificate or a broken client.', [
      line('{{state}}', q.sum(transports.byDtls, { by: ['state'] })),
    ]),
    graph('Transports by SCTP state', 'short', 'The state of data channels.', [
      line('{{state}}', q.sum(transports.bySctp, { by: ['state'] })),
    ]),
    graph('Opened', 'ops', 'Transports that are opened a second.', [
      line('{{node}}', q.rate(transports.opened, { by: ['node'] })),
    ]),
    graph(
      'Bits by content',
      'bps',
      'Media, retransmissions (rtx), bandwidth probes and the rest (RTCP, DTLS, data).',
      [
        line(
          '{{direction}} {{content}}',
          `8 * ${q.rate(transports.bytes, { by: ['direction', 'content'] })}`,
        ),
      ],
      { stacked: true },
    ),
    graph(
      'Bandwidth to peers',
      'bps',
      'What the bandwidth estimation gives to peers; the low percentile are the peers with bad networks.',
      percentiles((share) => `8 * ${q.quantile(share, transports.availableOutgoing)}`, '', [0.05, 0.5, 0.95]),
      { empty: noCalls },
    ),
    graph('Data channels', 'short', 'Data producers and consumers.', [
      line('producers', q.sum(data.producers)),
      line('consumers', q.sum(data.consumers)),
    ]),
    graph('Data messages', 'ops', 'Messages of data channels a second.', [
      line('{{direction}}', q.rate(data.messages, { by: ['direction'] })),
    ]),
    graph('Data', 'bps', 'Bits a second of data channels.', [
      line('{{direction}}', `8 * ${q.rate(data.bytes, { by: ['direction'] })}`),
    ]),
    graph(
      'Data buffered',
      'bytes',
      'Bytes that wait for peers who read slowly.',
      [line('{{node}}', q.sum(data.buffered, { by: ['node'] }))],
      {
        thresholds: { warn: 1e6, bad: 1e7 },
      },
    ),
    graph('Streams', 'short', 'Producers and consumers by kind.', [
      line('producers {{kind}}', q.sum(producers.producers, { by: ['kind'] })),
      line('consumers {{kind}}', q.sum(consumers.consumers, { by: ['kind'] })),
    ]),
  ],
};
