import { counter, cross, gauge, histogram } from './define.ts';
import {
  consumerLabels,
  consumerStates,
  layers,
  producerLabels,
  producerStates,
  streamLabels,
  withLabel,
} from './labels.ts';

const producer = (name: string, help: string) =>
  counter({ name: `tureen_producer_${name}_total`, help, source: 'sample', labels: producerLabels });
const consumer = (name: string, help: string) =>
  counter({ name: `tureen_consumer_${name}_total`, help, source: 'sample', labels: consumerLabels });

/** What peers send. Each field names the one of mediasoup's statistics that it adds up. */
export const producerCounters = {
  byteCount: { ...producer('bytes', 'RTP bytes received from producers.'), unit: 'bytes' },
  packetCount: producer('packets', 'RTP packets received from producers.'),
  packetsLost: producer('packets_lost', 'RTP packets of producers that did not arrive.'),
  packetsDiscarded: producer('packets_discarded', 'RTP packets of producers that came too late or twice.'),
  packetsRetransmitted: producer(
    'packets_retransmitted',
    'RTX packets of producers: packets sent again, and padding by which their bandwidth is probed.',
  ),
  packetsRepaired: producer(
    'packets_repaired',
    'Lost RTP packets of producers that a second sending repaired.',
  ),
  nackCount: producer('nacks', 'NACK messages sent to producers.'),
  nackPacketCount: producer('nacked_packets', 'RTP packets that NACK messages asked producers for.'),
  pliCount: producer('plis', 'Key frames asked of producers by PLI.'),
  firCount: producer('firs', 'Key frames asked of producers by FIR.'),
};

/** What peers receive. */
export const consumerCounters = {
  byteCount: { ...consumer('bytes', 'RTP bytes sent to consumers.'), unit: 'bytes' },
  packetCount: consumer('packets', 'RTP packets sent to consumers.'),
  packetsLost: consumer('packets_lost', 'RTP packets that consumers reported as lost.'),
  packetsRetransmitted: consumer('packets_retransmitted', 'RTP packets sent to consumers again.'),
  packetsRepaired: consumer('packets_repaired', 'RTP packets that a second sending repaired for consumers.'),
  nackCount: consumer('nacks', 'NACK messages received from consumers.'),
  nackPacketCount: consumer('nacked_packets', 'RTP packets that consumers asked for by NACK messages.'),
  pliCount: consumer('plis', 'Key frames that consumers asked for by PLI.'),
  firCount: consumer('firs', 'Key frames that consumers asked for by FIR.'),
};

export const producers = gauge({
  name: 'tureen_producers',
  help: 'Producers, as the last pass of the sampler found them.',
  source: 'sample',
  labels: withLabel('state', producerStates, producerLabels),
});

export const consumers = gauge({
  name: 'tureen_consumers',
  help: 'Consumers, as the last pass of the sampler found them.',
  source: 'sample',
  labels: withLabel('state', consumerStates, consumerLabels),
});

export const layersReceived = gauge({
  name: 'tureen_producers_by_layers',
  help: 'Video producers by the number of simulcast layers that arrive now.',
  source: 'sample',
  labels: cross({ layers: ['0', '1', '2', '3', 'other'] }),
});

export const consumerLayers = gauge({
  name: 'tureen_consumers_by_layer',
  help: 'Consumers with layers by the layer: wanted is what the client prefers, effective what it gets.',
  source: 'sample',
  labels: cross({ view: ['wanted', 'effective'], dimension: ['spatial', 'temporal'], layer: layers }),
});

export const layerSwitches = counter({
  name: 'tureen_consumer_layer_switches_total',
  help: 'Changes of the layer that a consumer gets: up and down are spatial, then temporal, from and to nothing.',
  source: 'event',
  labels: cross({ change: ['up', 'down', 'temporal', 'stopped', 'started'] }),
});

/**
 * Distributions over streams: every stream gives one observation each time it is sampled, so `rate()` of the buckets
 * is the distribution over all streams of the node, and its percentiles are right for several nodes together.
 */
const distribution = (name: string, help: string, unit: string, buckets: readonly number[]) =>
  histogram({ name: `tureen_stream_${name}`, help, unit, buckets, source: 'sample', labels: streamLabels });

export const roundTrip = distribution(
  'round_trip_seconds',
  'Round trip time to the peers behind producers and consumers, by RTCP; streams without a measurement are left out.',
  'seconds',
  [0.005, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2],
);
export const jitter = distribution(
  'jitter_seconds',
  'Interarrival jitter of RTP packets (RFC 3550).',
  'seconds',
  [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25],
);
export const lossRatio = distribution(
  'loss_ratio',
  'Share of RTP packets that were lost between the last two reports.',
  'ratio',
  [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5],
);
export const score = distribution(
  'score',
  "mediasoup's score of the stream, from 0 (nothing arrives) to 10 (perfect).",
  'score',
  [0, 2, 4, 6, 7, 8, 9, 10],
);
export const bitrate = distribution(
  'bitrate_bytes_per_second',
  'Bytes a second of each stream, while it flows.',
  'bytes per second',
  [1000, 4000, 8000, 20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000],
);
