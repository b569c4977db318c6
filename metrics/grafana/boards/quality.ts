import { media, transports } from '../../definitions/index.ts';
import { type BoardSpec, bars, graph, line, percentiles, q, stat } from '../spec.ts';

const { producerCounters: sent, consumerCounters: received } = media;
const byCodec = ['kind', 'codec'];
const codecLegend = '{{kind}} {{codec}}';
const sides = [
  ['producer', 'from peers'],
  ['consumer', 'to peers'],
] as const;

/** The same percentiles for what comes from peers and what goes to them. */
const both = (metric: Parameters<typeof q.quantile>[1], shares?: readonly number[]) =>
  sides.flatMap(([side, legend]) =>
    percentiles((share) => q.quantile(share, metric, { where: { side } }), ` ${legend}`, shares),
  );

const lossOf = (lost: typeof sent.packetsLost, packets: typeof sent.packetCount, by: string[]) =>
  `${q.rate(lost, { by })} / clamp_min(${q.rate(lost, { by })} + ${q.rate(packets, { by })}, 1e-9)`;

const distributions: BoardSpec['rows'][number] = {
  title: 'Distributions over streams',
  panels: [
    graph(
      'Round trip',
      's',
      'Network time to peers and back. Above 0.3 s people talk over each other.',
      both(media.roundTrip, [0.5, 0.95]),
      {
        thresholds: { warn: 0.2, bad: 0.4 },
      },
    ),
    graph(
      'Jitter',
      's',
      'How unevenly packets arrive; players wait as long before they play.',
      both(media.jitter, [0.5, 0.95]),
      {
        thresholds: { warn: 0.03, bad: 0.08 },
      },
    ),
    graph(
      'Loss',
      'percentunit',
      'Share of packets lost by stream. Audio stands 5 %, video 2 % without repair.',
      both(media.lossRatio, [0.5, 0.95, 0.99]),
      {
        thresholds: { warn: 0.02, bad: 0.05 },
      },
    ),
    graph(
      'Score',
      'short',
      "mediasoup's score, 10 is perfect. The low percentile are the worst streams.",
      both(media.score, [0.05, 0.5]),
      {
        thresholds: { warn: 8, bad: 5, below: true },
      },
    ),
    graph(
      'Bitrate of a stream',
      'Bps',
      'Bytes a second of one stream.',
      both(media.bitrate, [0.05, 0.5, 0.95]),
    ),
    graph(
      'Loss on transports',
      'percentunit',
      'Loss as transport-wide congestion control sees it.',
      [
        ...percentiles(
          (share) => q.quantile(share, transports.transportLoss, { where: { direction: 'in' } }),
          ' in',
          [0.95],
        ),
        ...percentiles(
          (share) => q.quantile(share, transports.transportLoss, { where: { direction: 'out' } }),
          ' out',
          [0.95],
        ),
      ],
      { thresholds: { warn: 0.02, bad: 0.05 } },
    ),
  ],
};

const fromPeers: BoardSpec['rows'][number] = {
  title: 'From peers (producers)',
  panels: [
    graph(
      'Bitrate',
      'bps',
      'Bits a second from peers by what they show and codec.',
      [line('{{source}} {{codec}}', `8 * ${q.rate(sent.byteCount, { by: ['source', 'codec'] })}`)],
      { stacked: true },
    ),
    graph('Packets', 'pps', 'Packets a second from peers.', [
      line(codecLegend, q.rate(sent.packetCount, { by: byCodec })),
    ]),
    graph(
      'Loss',
      'percentunit',
      'Packets from peers that did not arrive, as a share of all.',
      [line('{{kind}}', lossOf(sent.packetsLost, sent.packetCount, ['kind']))],
      { thresholds: { warn: 0.02, bad: 0.05 } },
    ),
    graph('NACK', 'ops', 'Messages that ask peers for lost packets, and packets that they ask for.', [
      line('messages {{kind}}', q.rate(sent.nackCount, { by: ['kind'] })),
      line('packets {{kind}}', q.rate(sent.nackPacketCount, { by: ['kind'] })),
    ]),
    graph(
      'Key frames asked of peers',
      'ops',
      'PLI and FIR. Many of them: consumers come and go, or packets are lost.',
      [
        line('PLI {{codec}}', q.rate(sent.pliCount, { by: ['codec'] })),
        line('FIR {{codec}}', q.rate(sent.firCount, { by: ['codec'] })),
      ],
    ),
    graph(
      'Repair',
      'pps',
      'Packets that peers sent again (padding by which browsers probe their bandwidth among them), that repaired a loss, and that came too late or twice.',
      [
        line('sent again', q.rate(sent.packetsRetransmitted)),
        line('repaired', q.rate(sent.packetsRepaired)),
        line('discarded', q.rate(sent.packetsDiscarded)),
      ],
    ),
    bars('Producers', 'short', 'Producers by state, what they show, and codec.', [
      line(
        '{{state}} {{source}} {{codec}}',
        `${q.sum(media.producers, { by: ['state', 'source', 'codec'] })} > 0`,
      ),
    ]),
    bars(
      'Simulcast layers that arrive',
      'short',
      'Video producers by the number of layers that arrive now. 0: nothing comes, or it is paused.',
      [line('{{layers}}', q.sum(media.layersReceived, { by: ['layers'] }))],
    ),
  ],
};

const toPeers: BoardSpec['rows'][number] = {
  title: 'To peers (consumers)',
  panels: [
    graph(
      'Bitrate',
      'bps',
      'Bits a second to peers by codec.',
      [line(codecLegend, `8 * ${q.rate(received.byteCount, { by: byCodec })}`)],
      {
        stacked: true,
      },
    ),
    graph('Packets', 'pps', 'Packets a second to peers.', [
      line(codecLegend, q.rate(received.packetCount, { by: byCodec })),
    ]),
    graph(
      'Loss',
      'percentunit',
      'Packets that peers reported as lost, as a share of all.',
      [line('{{kind}}', lossOf(received.packetsLost, received.packetCount, ['kind']))],
      { thresholds: { warn: 0.02, bad: 0.05 } },
    ),
    graph('NACK', 'ops', 'Messages of peers that ask for lost packets, and packets that they ask for.', [
      line('messages {{kind}}', q.rate(received.nackCount, { by: ['kind'] })),
      line('packets {{kind}}', q.rate(received.nackPacketCount, { by: ['kind'] })),
    ]),
    graph('Key frames that peers ask for', 'ops', 'PLI and FIR of peers.', [
      line('PLI {{codec}}', q.rate(received.pliCount, { by: ['codec'] })),
      line('FIR {{codec}}', q.rate(received.firCount, { by: ['codec'] })),
    ]),
    graph('Repair', 'pps', 'Packets that were sent to peers again, and losses that this repaired.', [
      line('sent again', q.rate(received.packetsRetransmitted)),
      line('repaired', q.rate(received.packetsRepaired)),
    ]),
    bars('Consumers', 'short', 'Consumers by state and codec.', [
      line(
        '{{state}} {{kind}} {{codec}}',
        `${q.sum(media.consumers, { by: ['state', 'kind', 'codec'] })} > 0`,
      ),
    ]),
    graph(
      'Layers: wanted and effective',
      'short',
      'Consumers by spatial layer. Less effective than wanted: their bandwidth does not allow it.',
      [
        line(
          '{{view}} {{layer}}',
          q.sum(media.consumerLayers, { by: ['view', 'layer'], where: { dimension: 'spatial' } }),
        ),
      ],
    ),
    graph('Changes of layers', 'ops', 'How often consumers get another layer. Many of them flicker.', [
      line('{{change}}', q.rate(media.layerSwitches, { by: ['change'] })),
    ]),
  ],
};

export const quality: BoardSpec = {
  uid: 'tureen-quality',
  title: 'Tureen / Quality',
  description: 'How well media comes and goes, over all streams of the chosen nodes.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat(
          'Round trip p95',
          's',
          'The round trip that 5 % of streams exceed.',
          q.quantile(0.95, media.roundTrip),
          {
            thresholds: { warn: 0.2, bad: 0.4 },
          },
        ),
        stat('Jitter p95', 's', 'The jitter that 5 % of streams exceed.', q.quantile(0.95, media.jitter), {
          thresholds: { warn: 0.03, bad: 0.08 },
        }),
        stat(
          'Loss p95',
          'percentunit',
          'The loss that 5 % of streams exceed.',
          q.quantile(0.95, media.lossRatio),
          {
            thresholds: { warn: 0.02, bad: 0.05 },
          },
        ),
        stat(
          'Score p5',
          'short',
          'The score that 5 % of streams do not reach.',
          q.quantile(0.05, media.score),
          {
            thresholds: { warn: 8, bad: 5, below: true },
          },
        ),
      ],
    },
    distributions,
    fromPeers,
    toPeers,
  ],
};
