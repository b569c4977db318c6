import { mediaKinds } from '../../src/core/sources.ts';
import type { Coding } from '../../src/sfu/rooms/media-index.ts';
import type { Collector } from '../collector.ts';
import { cross, histogram } from '../define.ts';
import { oncePerLabels } from '../series.ts';
import type { StreamStatistics } from '../stream-totals.ts';
import { meanOpinionScore } from '../voice-quality.ts';

/** Who sends, the peer or the server, and audio or video. */
const streamLabels = cross({ side: ['producer', 'consumer'], kind: mediaKinds });

/**
 * Distributions over streams: every stream gives one observation each time it is sampled, so `rate()` of the buckets
 * is the distribution over all streams of the node, and its percentiles are right for several nodes together.
 */
const distribution = (name: string, help: string, unit: string, buckets: readonly number[]) =>
  histogram({ name: `tureen_stream_${name}`, help, unit, buckets, source: 'sample', labels: streamLabels });

export const metrics = {
  roundTrip: distribution(
    'round_trip_seconds',
    'Round trip time to the peers behind producers and consumers, by RTCP; streams without a measurement are left out.',
    'seconds',
    [0.005, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2],
  ),
  jitter: distribution(
    'jitter_seconds',
    'Interarrival jitter of RTP packets (RFC 3550).',
    'seconds',
    [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25],
  ),
  lossRatio: distribution(
    'loss_ratio',
    'Share of RTP packets that were lost between the last two reports.',
    'ratio',
    // With 0, so that a perfect call shows none.
    [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5],
  ),
  score: distribution(
    'score',
    "mediasoup's score of the stream, from 0 (nothing arrives) to 10 (perfect).",
    'score',
    [1, 4, 7, 9],
  ),
  voice: histogram({
    name: 'tureen_voice_quality_mos',
    help: 'What listeners would say of the sound of one leg, from 1 (bad) to 4.4, computed of loss, jitter and round trip by the E-model (ITU-T G.107).',
    unit: 'mos',
    source: 'sample',
    labels: cross({ side: ['producer', 'consumer'] }),
    buckets: [1.5, 2.6, 3.1, 3.6, 4, 4.3],
  }),
  bitrate: distribution(
    'bitrate_bytes_per_second',
    'Bytes a second of each stream, while it flows.',
    'bytes per second',
    [1000, 4000, 8000, 20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000],
  ),
};

/** How good the streams are that flow. */
export const streams: Collector = {
  name: 'streams',
  title: 'Streams',
  metrics,
  start({ page, onSample }) {
    const seriesOf = oncePerLabels((labels: { side: string; kind: string }) => ({
      roundTrip: page.histogramSeries(metrics.roundTrip, labels),
      jitter: page.histogramSeries(metrics.jitter, labels),
      lossRatio: page.histogramSeries(metrics.lossRatio, labels),
      voice: page.histogramSeries(metrics.voice, { side: labels.side }),
      score: page.histogramSeries(metrics.score, labels),
      bitrate: page.histogramSeries(metrics.bitrate, labels),
    }));
    const observing = (side: 'producer' | 'consumer', { kind, clockRate }: Coding) => {
      const series = seriesOf({ side, kind });
      const own = side === 'producer' ? 'inbound-rtp' : 'outbound-rtp';
      return (statistics: readonly StreamStatistics[]) => {
        for (const { type, roundTripTime = 0, jitter, fractionLost, score, bitrate } of statistics) {
          if (type !== own || bitrate === 0) continue;
          // mediasoup gives the round trip in milliseconds, the jitter in units of the RTP clock, the loss in 256ths.
          if (roundTripTime > 0) series.roundTrip.observe(roundTripTime / 1000);
          series.jitter.observe(jitter / clockRate);
          const loss = fractionLost / 256;
          series.lossRatio.observe(loss);
          if (kind === 'audio')
            series.voice.observe(
              meanOpinionScore({ loss, jitter: jitter / clockRate, roundTrip: roundTripTime / 1000 }),
            );
          series.score.observe(score);
          series.bitrate.observe(bitrate / 8);
        }
      };
    };
    onSample('producer', (producer) => ({ sample: observing('producer', producer.state().coding) }));
    onSample('consumer', (consumer) => ({ sample: observing('consumer', consumer.state().coding) }));
  },
};
