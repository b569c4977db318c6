import type { types } from 'mediasoup';
import { codecLabel, codecNames } from '../../src/core/codecs.ts';
import { sourceOf } from '../../src/core/sources.ts';
import { codecOf } from '../../src/sfu/media/codecs.ts';
import type { Counter, Labels } from '../definitions/define.ts';
import { media } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import type { CounterSeries, HistogramSeries } from '../series.ts';
import { HighWater } from './high-water.ts';
import type { Quality, Subject } from './subject.ts';
import type { Tally } from './tally.ts';

type StreamStat = types.ProducerStat | types.ConsumerStat;
type CountedField = keyof typeof media.producerCounters;

const knownCodecs: ReadonlySet<string> = new Set(codecNames.map(codecLabel));

/** What comes through a pipe from elsewhere may be in a codec that rooms do not offer. */
function labelOf(parameters: types.RtpParameters): string {
  const codec = codecOf(parameters);
  return knownCodecs.has(codec) ? codec : 'other';
}

/** The series of streams with the same labels. All of them share one object, for a node may have many thousands. */
interface StreamSeries {
  readonly counters: readonly (readonly [field: CountedField, series: CounterSeries])[];
  readonly roundTrip: HistogramSeries;
  readonly jitter: HistogramSeries;
  readonly lossRatio: HistogramSeries;
  readonly score: HistogramSeries;
  readonly bitrate: HistogramSeries;
}

const seriesOfPage = new WeakMap<Page, Map<string, StreamSeries>>();

function seriesFor(
  page: Page,
  side: 'producer' | 'consumer',
  labels: Labels,
  counters: Partial<Record<CountedField, Counter>>,
): StreamSeries {
  const known = seriesOfPage.get(page) ?? new Map<string, StreamSeries>();
  seriesOfPage.set(page, known);
  const key = [side, ...Object.values(labels)].join(' ');
  const stream = { side, kind: labels.kind ?? '' };
  const series = known.get(key) ?? {
    counters: (Object.entries(counters) as [CountedField, Counter][]).map(
      ([field, counter]) => [field, page.counterSeries(counter, labels)] as const,
    ),
    roundTrip: page.histogramSeries(media.roundTrip, stream),
    jitter: page.histogramSeries(media.jitter, stream),
    lossRatio: page.histogramSeries(media.lossRatio, stream),
    score: page.histogramSeries(media.score, stream),
    bitrate: page.histogramSeries(media.bitrate, stream),
  };
  known.set(key, series);
  return series;
}

/** What producers and consumers have in common: totals by SSRC, and one observation a stream and sample. */
class Streams {
  readonly #totals = new Map<number, HighWater<CountedField>>();
  quality: Quality = {};

  constructor(
    private readonly series: StreamSeries,
    private readonly clockRate: number,
  ) {}

  add(stats: readonly StreamStat[]): void {
    for (const stat of stats) {
      this.#count(stat);
      if (stat.bitrate > 0) this.#observe(stat);
    }
    const flowing = stats.filter(({ bitrate }) => bitrate > 0);
    this.quality = flowing.length === 0 ? {} : worstOf(flowing);
  }

  #count(stat: StreamStat): void {
    const totals = this.#totals.get(stat.ssrc) ?? new HighWater();
    this.#totals.set(stat.ssrc, totals);
    for (const [field, series] of this.series.counters) {
      const more = totals.rise(field, stat[field]);
      if (more > 0) series.add(more);
    }
  }

  /** mediasoup tells the jitter in units of the RTP clock, the loss in 256ths, the round trip in milliseconds. */
  #observe({ roundTripTime = 0, jitter, fractionLost, score, bitrate }: StreamStat): void {
    const { series } = this;
    if (roundTripTime > 0) series.roundTrip.observe(roundTripTime / 1000);
    series.jitter.observe(jitter / this.clockRate);
    series.lossRatio.observe(fractionLost / 256);
    series.score.observe(score);
    series.bitrate.observe(bitrate / 8);
  }
}

function worstOf(stats: readonly StreamStat[]): Quality {
  const roundTrip = Math.max(...stats.map(({ roundTripTime = 0 }) => roundTripTime));
  return {
    lossRatio: Math.max(...stats.map(({ fractionLost }) => fractionLost)) / 256,
    score: Math.min(...stats.map(({ score }) => score)),
    ...(roundTrip > 0 && { roundTripSeconds: roundTrip / 1000 }),
  };
}

/** What the streams of a producer and of its consumers have in common. */
export interface Coding {
  /** The codec's label. */
  readonly codec: string;
  /** Of RTP timestamps, in Hz. */
  readonly clockRate: number;
}

export function codingOf(parameters: types.RtpParameters): Coding {
  return { codec: labelOf(parameters), clockRate: parameters.codecs[0]?.clockRate ?? 90_000 };
}

export class ProducerSubject implements Subject {
  readonly coding: Coding;
  readonly #labels: Labels;
  readonly #streams: Streams;
  #layersReceived = 0;

  constructor(
    private readonly producer: types.Producer,
    page: Page,
  ) {
    const { kind, appData, rtpParameters } = producer;
    this.coding = codingOf(rtpParameters);
    this.#labels = { kind, codec: this.coding.codec, source: sourceOf(kind, appData) };
    const series = seriesFor(page, 'producer', this.#labels, media.producerCounters);
    this.#streams = new Streams(series, this.coding.clockRate);
  }

  get id(): string {
    return this.producer.id;
  }

  get closed(): boolean {
    return this.producer.closed;
  }

  get quality(): Quality {
    return this.#streams.quality;
  }

  async sample(): Promise<void> {
    const stats = await this.producer.getStats();
    this.#streams.add(stats);
    this.#layersReceived = stats.filter(({ bitrate }) => bitrate > 0).length;
  }

  tally(tally: Tally): void {
    tally.add(media.producers, { state: this.producer.paused ? 'paused' : 'flowing', ...this.#labels });
    if (this.producer.kind !== 'video') return;
    tally.add(media.layersReceived, {
      layers: this.#layersReceived > 3 ? 'other' : String(this.#layersReceived),
    });
  }
}

export class ConsumerSubject implements Subject {
  readonly #labels: Labels;
  readonly #streams: Streams;

  constructor(
    private readonly consumer: types.Consumer,
    { codec, clockRate }: Coding,
    page: Page,
  ) {
    this.#labels = { kind: consumer.kind, codec };
    const series = seriesFor(page, 'consumer', this.#labels, media.consumerCounters);
    this.#streams = new Streams(series, clockRate);
  }

  get id(): string {
    return this.consumer.id;
  }

  get closed(): boolean {
    return this.consumer.closed;
  }

  get quality(): Quality {
    return this.#streams.quality;
  }

  async sample(): Promise<void> {
    // The statistics of the producer's stream come along; its own subject counts them.
    const stats = await this.consumer.getStats();
    this.#streams.add(stats.filter(({ type }) => type === 'outbound-rtp'));
  }

  tally(tally: Tally): void {
    const { paused, producerPaused, type, preferredLayers, currentLayers } = this.consumer;
    const state = paused ? 'paused' : producerPaused ? 'producer_paused' : 'flowing';
    tally.add(media.consumers, { state, ...this.#labels });
    if (type === 'simple') return;
    for (const [view, layers] of [
      ['wanted', preferredLayers],
      ['effective', currentLayers],
    ] as const) {
      tally.add(media.consumerLayers, {
        view,
        dimension: 'spatial',
        layer: layerLabel(layers?.spatialLayer),
      });
      tally.add(media.consumerLayers, {
        view,
        dimension: 'temporal',
        layer: layerLabel(layers?.temporalLayer),
      });
    }
  }
}

function layerLabel(layer: number | undefined): string {
  if (layer === undefined) return 'none';
  return layer > 2 ? 'other' : String(layer);
}
