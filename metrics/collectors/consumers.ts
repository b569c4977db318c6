import type { MediaObjects } from '../../src/sfu/rooms/media-index.ts';
import type { Collector, Sources } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';
import { codecValue, consumerLabels, withLabel } from '../labels.ts';
import type { Tally } from '../sampler/tally.ts';
import { streamTotals } from '../stream-totals.ts';

type State = MediaObjects['consumer']['state'];
type Layers = NonNullable<State['currentLayers']>;

const total = (name: string, help: string) =>
  counter({ name: `tureen_consumer_${name}_total`, help, source: 'sample', labels: consumerLabels });

/** By the field of mediasoup's statistics that each adds up. */
const totals = {
  byteCount: { ...total('bytes', 'RTP bytes sent to consumers.'), unit: 'bytes' },
  packetCount: total('packets', 'RTP packets sent to consumers.'),
  packetsLost: total('packets_lost', 'RTP packets that consumers reported as lost.'),
  packetsRetransmitted: total('packets_retransmitted', 'RTP packets sent to consumers again.'),
  packetsRepaired: total('packets_repaired', 'RTP packets that a second sending repaired for consumers.'),
  nackCount: total('nacks', 'NACK messages received from consumers.'),
  nackPacketCount: total('nacked_packets', 'RTP packets that consumers asked for by NACK messages.'),
  pliCount: total('plis', 'Key frames that consumers asked for by PLI.'),
  firCount: total('firs', 'Key frames that consumers asked for by FIR.'),
};

export const metrics = {
  ...totals,
  consumers: gauge({
    name: 'tureen_consumers',
    help: 'Consumers, as the last pass of the sampler found them. frozen is video that nobody paused and of which nothing was sent in the last two seconds: its picture stands still. Its share of all passes is the share of time.',
    source: 'sample',
    labels: withLabel('state', ['flowing', 'frozen', 'paused', 'producer_paused'], consumerLabels),
  }),
  byLayer: gauge({
    name: 'tureen_consumers_by_layer',
    help: 'Consumers with layers by the layer: wanted is what the client prefers, effective what it gets.',
    source: 'sample',
    labels: cross({
      view: ['wanted', 'effective'],
      dimension: ['spatial', 'temporal'],
      layer: ['none', '0', '1', '2', 'other'],
    }),
  }),
  layerSwitches: counter({
    name: 'tureen_consumer_layer_switches_total',
    help: 'Changes of the layer that a consumer gets: up and down are spatial, then temporal, from and to nothing.',
    source: 'event',
    labels: cross({ change: ['up', 'down', 'temporal', 'stopped', 'started'] }),
  }),
};

/** What peers receive. */
export const consumers: Collector = {
  name: 'consumers',
  title: 'Consumers',
  metrics,
  start(sources) {
    const { page, onSample } = sources;
    const adderOf = streamTotals(page, totals);
    onSample('consumer', (consumer) => {
      const { kind, codec } = consumer.state().coding;
      const labels = { kind, codec: codecValue(codec) };
      const add = adderOf(labels);
      let isSent = true;
      return {
        sample(streams) {
          // The statistics of the producer's stream come along; they are counted with the producer.
          for (const stream of streams) {
            if (stream.type !== 'outbound-rtp') continue;
            add(stream);
            isSent = stream.bitrate > 0;
          }
        },
        count(tally) {
          const state = consumer.state();
          const flow = flowOf(state);
          const isFrozen = flow === 'flowing' && kind === 'video' && !isSent;
          tally.add(metrics.consumers, { state: isFrozen ? 'frozen' : flow, ...labels });
          if (state.type !== 'simple') countLayers(tally, state);
        },
      };
    });
    followLayers(sources);
  },
};

function flowOf({ paused, producerPaused }: State): string {
  if (paused) return 'paused';
  return producerPaused ? 'producer_paused' : 'flowing';
}

function countLayers(tally: Tally, { preferredLayers, currentLayers }: State): void {
  for (const [view, layers] of [
    ['wanted', preferredLayers],
    ['effective', currentLayers],
  ] as const) {
    tally.add(metrics.byLayer, { view, dimension: 'spatial', layer: layerValue(layers?.spatialLayer) });
    tally.add(metrics.byLayer, { view, dimension: 'temporal', layer: layerValue(layers?.temporalLayer) });
  }
}

function layerValue(layer: number | undefined): string {
  if (layer === undefined) return 'none';
  return layer > 2 ? 'other' : String(layer);
}

function followLayers({ page, sfu, onEvent }: Sources): void {
  /** By consumers that are open. */
  const last = new WeakMap<object, Layers | undefined>();
  onEvent('consumerLayers', ({ consumerId, layers }) => {
    const consumer = sfu.media.find(consumerId);
    if (!consumer) return;
    page.add(metrics.layerSwitches, 1, { change: changeOf(last.get(consumer), layers) });
    last.set(consumer, layers);
  });
}

function changeOf(from: Layers | undefined, to: Layers | undefined): string {
  if (!to) return 'stopped';
  if (!from) return 'started';
  if (to.spatialLayer === from.spatialLayer) return 'temporal';
  return to.spatialLayer > from.spatialLayer ? 'up' : 'down';
}
