import { metrics as producers } from '../../collectors/producers.ts';
import { metrics as rooms } from '../../collectors/rooms.ts';
import { metrics as streams } from '../../collectors/streams.ts';
import { metrics as transports } from '../../collectors/transports.ts';
import { type BoardSpec, bars, graph, line, noCalls, percentiles, q, stat } from '../spec.ts';
import { byCodec, codecLegend, lossOf, toPeers } from './quality-to-peers.ts';

const sides = [
  ['producer', 'from peers'],
  ['consumer', 'to peers'],
] as const;

/** The same percentiles for what comes from peers and what goes to them. */
const both = (metric: Parameters<typeof q.quantile>[1], shares?: readonly number[]) =>
  sides.flatMap(([side, legend]) =>
    percentiles((share) => q.quantile(share, metric, { where: { side } }), ` ${legend}`, shares),
  );

/** What share of streams has at most this score. mediasoup gives whole ones: percentiles between them say nothing. */
const scores = (atMost: number, by: string[] = []) => q.shareAtMost(atMost, streams.score, { by });

const people: BoardSpec['rows'][number] = {
  title: 'People',
  panels: [
    bars(
      'People by connection quality',
      'short',
      'How well media gets through between people and the node, as their pages, the dashboard and REST say it.',
      [line('{{level}}', q.sum(rooms.byQuality, { by: ['level'] }))],
    ),
  ],
};

const distributions: BoardSpec['rows'][number] = {
  title: 'Distributions over streams',
  panels: [
    graph(
      'Round trip',
      's',
      'Network time to peers and back. Above 0.3 s people talk over each other.',
      both(streams.roundTrip, [0.5, 0.95]),
      {
        thresholds: { warn: 0.2, bad: 0.4 },
        empty: noCalls,
      },
    ),
    graph(
      'Jitter',
      's',
      'How unevenly packets arrive; players wait as long before they play.',
      both(streams.jitter, [0.5, 0.95]),
      {
        thresholds: { warn: 0.03, bad: 0.08 },
        empty: noCalls,
      },
    ),
    graph(
      'Loss',
      'percentunit',
      'Share of packets lost by stream. Audio stands 5 %, video 2 % without repair.',
      both(streams.lossRatio, [0.5, 0.95, 0.99]),
      {
        thresholds: { warn: 0.02, bad: 0.05 },
        empty: noCalls,
      },
    ),
    graph(
      'Streams below their best',
      'percentunit',
      "Share of streams by mediasoup's score, of which 10 is perfect: fair below 8, bad below 5.",
      [line('below 8, {{side}}', scores(7, ['side'])), line('below 5, {{side}}', scores(4, ['side']))],
      { thresholds: { warn: 0.05, bad: 0.2 }, empty: noCalls },
    ),
    graph(
      'Voice',
      'short',
      'What listeners would say of the sound of one leg, from 1 (bad) to 4.4, by the E-model (ITU-T G.107) from loss, jitter and round trip. Below 3.6 many are dissatisfied. The low percentile shows the worst.',
      both(streams.voice, [0.05, 0.5]),
      { thresholds: { warn: 4, bad: 3.6, below: true }, empty: noCalls },
    ),
    graph(
      'Bitrate of a stream',
      'bps',
      'Bits a second of one stream.',
      sides.flatMap(([side, legend]) =>
        percentiles(
          (share) => `8 * ${q.quantile(share, streams.bitrate, { where: { side } })}`,
          ` ${legend}`,
          [0.05, 0.5, 0.95],
        ),
      ),
      { empty: noCalls },
    ),
    graph(
      'Loss on transports',
      'percentunit',
      'Loss as transport-wide congestion control sees it.',
      [
        ...percentiles(
          (share) => q.quantile(share, transports.loss, { where: { direction: 'in' } }),
          ' in',
          [0.95],
        ),
        ...percentiles(
          (share) => q.quantile(share, transports.loss, { where: { direction: 'out' } }),
          ' out',
          [0.95],
        ),
      ],
      { thresholds: { warn: 0.02, bad: 0.05 }, empty: noCalls },
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
      [line('{{source}} {{codec}}', `8 * ${q.rate(producers.byteCount, { by: ['source', 'codec'] })}`)],
      { stacked: true },
    ),
    graph('Packets', 'pps', 'Packets a second from peers.', [
      line(codecLegend, q.rate(producers.packetCount, { by: byCodec })),
    ]),
    graph(
      'Loss',
      'percentunit',
      'Packets from peers that did not arrive, as a share of all.',
      [line('{{kind}}', lossOf(producers.packetsLost, producers.packetCount, ['kind']))],
      { thresholds: { warn: 0.02, bad: 0.05 }, empty: noCalls },
    ),
    graph('NACK', 'ops', 'Messages that ask peers for lost packets, and packets that they ask for.', [
      line('messages {{kind}}', q.rate(producers.nackCount, { by: ['kind'] })),
      line('packets {{kind}}', q.rate(producers.nackPacketCount, { by: ['kind'] })),
    ]),
    graph(
      'Key frames asked of peers',
      'ops',
      'PLI and FIR. Many of them: consumers come and go, or packets are lost.',
      [
        line('PLI {{codec}}', q.rate(producers.pliCount, { by: ['codec'] })),
        line('FIR {{codec}}', q.rate(producers.firCount, { by: ['codec'] })),
      ],
    ),
    graph(
      'Repair',
      'pps',
      'Packets that peers sent again (padding by which browsers probe their bandwidth among them), that repaired a loss, and that came too late or twice.',
      [
        line('sent again', q.rate(producers.packetsRetransmitted)),
        line('repaired', q.rate(producers.packetsRepaired)),
        line('discarded', q.rate(producers.packetsDiscarded)),
      ],
    ),
    bars('Producers', 'short', 'Producers by state, what they show, and codec.', [
      line(
        '{{state}} {{source}} {{codec}}',
        `${q.sum(producers.producers, { by: ['state', 'source', 'codec'] })} > 0`,
      ),
    ]),
    bars(
      'Simulcast layers that arrive',
      'short',
      'Video producers by the number of layers that arrive now. 0: nothing comes, or it is paused.',
      [line('{{layers}}', q.sum(producers.byLayers, { by: ['layers'] }))],
    ),
  ],
};

export const qualityBoard: BoardSpec = {
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
          q.quantile(0.95, streams.roundTrip),
          {
            thresholds: { warn: 0.2, bad: 0.4 },
            empty: noCalls,
          },
        ),
        stat('Jitter p95', 's', 'The jitter that 5 % of streams exceed.', q.quantile(0.95, streams.jitter), {
          thresholds: { warn: 0.03, bad: 0.08 },
        }),
        stat(
          'Loss p95',
          'percentunit',
          'The loss that 5 % of streams exceed.',
          q.quantile(0.95, streams.lossRatio),
          {
            thresholds: { warn: 0.02, bad: 0.05 },
            empty: noCalls,
          },
        ),
        stat(
          'Streams below 8',
          'percentunit',
          'Share of streams whose score by mediasoup is below 8 of 10.',
          scores(7),
          { thresholds: { warn: 0.05, bad: 0.2 }, empty: noCalls },
        ),
        stat(
          'Voice p5',
          'short',
          'The mean opinion score of sound (ITU-T G.107, up to 4.4) that 5 % of streams do not reach.',
          q.quantile(0.05, streams.voice),
          { thresholds: { warn: 4, bad: 3.6, below: true }, empty: noCalls },
        ),
      ],
    },
    people,
    distributions,
    fromPeers,
    toPeers,
  ],
};
