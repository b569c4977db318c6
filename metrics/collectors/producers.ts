import type { Collector } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';
import { codecValue, producerLabels, withLabel } from '../labels.ts';
import { streamTotals } from '../stream-totals.ts';

const total = (name: string, help: string) =>
  counter({ name: `tureen_producer_${name}_total`, help, source: 'sample', labels: producerLabels });

/** By the field of mediasoup's statistics that each adds up. */
const totals = {
  byteCount: { ...total('bytes', 'RTP bytes received from producers.'), unit: 'bytes' },
  packetCount: total('packets', 'RTP packets received from producers.'),
  packetsLost: total('packets_lost', 'RTP packets of producers that did not arrive.'),
  packetsDiscarded: total('packets_discarded', 'RTP packets of producers that came too late or twice.'),
  packetsRetransmitted: total(
    'packets_retransmitted',
    'RTX packets of producers: packets sent again, and padding by which their bandwidth is probed.',
  ),
  packetsRepaired: total('packets_repaired', 'Lost RTP packets of producers that a second sending repaired.'),
  nackCount: total('nacks', 'NACK messages sent to producers.'),
  nackPacketCount: total('nacked_packets', 'RTP packets that NACK messages asked producers for.'),
  pliCount: total('plis', 'Key frames asked of producers by PLI.'),
  firCount: total('firs', 'Key frames asked of producers by FIR.'),
};

export const metrics = {
  ...totals,
  producers: gauge({
    name: 'tureen_producers',
    help: 'Producers, as the last pass of the sampler found them: flowing, paused, or silent, which is neither: nothing has arrived since the pass before.',
    source: 'sample',
    labels: withLabel('state', ['flowing', 'silent', 'paused'], producerLabels),
  }),
  byLayers: gauge({
    name: 'tureen_producers_by_layers',
    help: 'Video producers by the number of simulcast layers that arrive now.',
    source: 'sample',
    labels: cross({ layers: ['0', '1', '2', '3', 'other'] }),
  }),
};

/** What peers send. */
export const producers: Collector = {
  name: 'producers',
  title: 'Producers',
  metrics,
  start({ page, onSample }) {
    const adderOf = streamTotals(page, totals);
    onSample('producer', (producer) => {
      const { coding, source } = producer.state();
      const { kind } = coding;
      const labels = { kind, codec: codecValue(coding.codec), source };
      const add = adderOf(labels);
      let layers = 0;
      let packets = 0;
      let arrives = false;
      return {
        sample(streams) {
          streams.forEach(add);
          layers = streams.filter(({ bitrate }) => bitrate > 0).length;
          const all = streams.reduce((sum, { packetCount }) => sum + packetCount, 0);
          arrives = all > packets;
          packets = all;
        },
        count(tally) {
          const state = producer.state().paused ? 'paused' : arrives ? 'flowing' : 'silent';
          tally.add(metrics.producers, { state, ...labels });
          if (kind === 'video')
            tally.add(metrics.byLayers, { layers: layers > 3 ? 'other' : String(layers) });
        },
      };
    });
  },
};
