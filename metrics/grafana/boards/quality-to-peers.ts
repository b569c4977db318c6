import { metrics as consumers } from '../../collectors/consumers.ts';
import type { metrics as producers } from '../../collectors/producers.ts';
import { type BoardSpec, bars, graph, line, noCalls, q } from '../spec.ts';

export const byCodec = ['kind', 'codec'];
export const codecLegend = '{{kind}} {{codec}}';

/** The share of packets that are lost; nothing where none flow. */
export const lossOf = (
  lost: typeof producers.packetsLost,
  packets: typeof producers.packetCount,
  by: string[],
) => `${q.rate(lost, { by })} / (${q.rate(lost, { by })} + ${q.rate(packets, { by })} > 0)`;

/** Consumers of video in a state, by node. */
const videoIn = (state: string) =>
  q.sum(consumers.consumers, { by: ['node'], where: { state, kind: 'video' } });

/** The row of the board about quality with what peers get. */
export const toPeers: BoardSpec['rows'][number] = {
  title: 'To peers (consumers)',
  panels: [
    graph(
      'Bitrate',
      'bps',
      'Bits a second to peers by codec.',
      [line(codecLegend, `8 * ${q.rate(consumers.byteCount, { by: byCodec })}`)],
      {
        stacked: true,
      },
    ),
    graph('Packets', 'pps', 'Packets a second to peers.', [
      line(codecLegend, q.rate(consumers.packetCount, { by: byCodec })),
    ]),
    graph(
      'Loss',
      'percentunit',
      'Packets that peers reported as lost, as a share of all.',
      [line('{{kind}}', lossOf(consumers.packetsLost, consumers.packetCount, ['kind']))],
      { thresholds: { warn: 0.02, bad: 0.05 }, empty: noCalls },
    ),
    graph('NACK', 'ops', 'Messages of peers that ask for lost packets, and packets that they ask for.', [
      line('messages {{kind}}', q.rate(consumers.nackCount, { by: ['kind'] })),
      line('packets {{kind}}', q.rate(consumers.nackPacketCount, { by: ['kind'] })),
    ]),
    graph('Key frames that peers ask for', 'ops', 'PLI and FIR of peers.', [
      line('PLI {{codec}}', q.rate(consumers.pliCount, { by: ['codec'] })),
      line('FIR {{codec}}', q.rate(consumers.firCount, { by: ['codec'] })),
    ]),
    graph('Repair', 'pps', 'Packets that were sent to peers again, and losses that this repaired.', [
      line('sent again', q.rate(consumers.packetsRetransmitted)),
      line('repaired', q.rate(consumers.packetsRepaired)),
    ]),
    bars('Consumers', 'short', 'Consumers by state and codec.', [
      line(
        '{{state}} {{kind}} {{codec}}',
        `${q.sum(consumers.consumers, { by: ['state', 'kind', 'codec'] })} > 0`,
      ),
    ]),
    graph(
      'Frozen pictures',
      'percentunit',
      'Share of video to peers of which nothing is sent although nobody paused it: pictures that stand still for two seconds or more.',
      [line('{{node}}', `${videoIn('frozen')} / (${videoIn('frozen')} + ${videoIn('flowing')} > 0)`)],
      { thresholds: { warn: 0.02, bad: 0.1 }, empty: noCalls },
    ),
    graph(
      'Layers: wanted and effective',
      'short',
      'Consumers by spatial layer. Less effective than wanted: their bandwidth does not allow it.',
      [
        line(
          '{{view}} {{layer}}',
          q.sum(consumers.byLayer, { by: ['view', 'layer'], where: { dimension: 'spatial' } }),
        ),
      ],
    ),
    graph('Changes of layers', 'ops', 'How often consumers get another layer. Many of them flicker.', [
      line('{{change}}', q.rate(consumers.layerSwitches, { by: ['change'] })),
    ]),
  ],
};
