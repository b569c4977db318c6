import { Counter, Gauge, Histogram, type Metric as PromMetric, Registry } from 'prom-client';
import type * as define from './define.ts';
import { CounterSeries, HistogramSeries } from './series.ts';

type Labels = define.Labels;
type Written = Counter<string> | Gauge<string> | Histogram<string>;

/** The page that Prometheus reads: holds the values of all metrics and never grows beyond their bounds. */
export class Page {
  readonly #registry = new Registry();
  readonly #written = new Map<define.Metric, Written>();
  readonly #known = new Map<define.LabelSet, ReadonlySet<string>>();
  /** Values that open labels have taken so far. */
  readonly #taken = new Map<define.LabelSet, Map<string, Set<string>>>();
  readonly #totals = new Map<string, number>();
  readonly #counterSeries = new Map<string, CounterSeries>();
  readonly #histogramSeries = new Map<string, HistogramSeries>();

  /** @param fixed labels that every series carries: where the node is */
  constructor(definitions: readonly define.Metric[], fixed: Labels = {}) {
    this.#registry.setDefaultLabels(fixed);
    for (const definition of definitions) this.#add(definition);
  }

  add(counter: define.Counter, value = 1, labels: Labels = {}): void {
    // Prometheus takes a counter that goes down for a restart; nothing here may ever look like one.
    if (value >= 0) this.#of<Counter<string>>(counter).inc(this.fold(counter, labels), value);
  }

  /** The series of a counter with these labels, always the same object. */
  counterSeries(counter: define.Counter, labels: Labels = {}): CounterSeries {
    const folded = this.fold(counter, labels);
    const key = `${counter.name}\n${keyOf(counter.labels, folded)}`;
    const written = this.#of<Counter<string>>(counter);
    const series = this.#counterSeries.get(key) ?? new CounterSeries((value) => written.inc(folded, value));
    this.#counterSeries.set(key, series);
    return series;
  }

  /** The series of a histogram with these labels, always the same object. */
  histogramSeries(histogram: define.Histogram, labels: Labels = {}): HistogramSeries {
    const folded = this.fold(histogram, labels);
    const key = `${histogram.name}\n${keyOf(histogram.labels, folded)}`;
    const written = this.#of<Histogram<string>>(histogram);
    const series = this.#histogramSeries.get(key) ?? new HistogramSeries(written, folded, histogram.buckets);
    this.#histogramSeries.set(key, series);
    return series;
  }

  /**
   * For a counter whose total somebody else keeps: adds what is new since the last call. The series is there from the
   * first call on, at 0 too, so that its first rise is seen as one.
   */
  raise(counter: define.Counter, total: number, labels: Labels = {}): void {
    const key = `${counter.name}\n${keyOf(counter.labels, labels)}`;
    const last = this.#totals.get(key);
    if (last !== undefined && total <= last) return;
    this.#totals.set(key, total);
    this.add(counter, total - (last ?? 0), labels);
  }

  set(gauge: define.Gauge, value: number, labels: Labels = {}): void {
    this.#of<Gauge<string>>(gauge).set(this.fold(gauge, labels), value);
  }

  observe(histogram: define.Histogram, value: number, labels: Labels = {}): void {
    this.#of<Histogram<string>>(histogram).observe(this.fold(histogram, labels), value);
  }

  /** Sets a gauge anew: series that are not among the values are gone, those that fold into one are added. */
  replace(gauge: define.Gauge, values: Iterable<readonly [labels: Labels, value: number]>): void {
    const written = this.#of<Gauge<string>>(gauge);
    written.reset();
    for (const [labels, value] of values) written.inc(this.fold(gauge, labels), value);
  }

  /** The page in Prometheus' text format 0.0.4. */
  text(): Promise<string> {
    for (const series of this.#counterSeries.values()) series.flush();
    for (const series of this.#histogramSeries.values()) series.flush();
    return this.#registry.metrics();
  }

  /**
   * The page as OpenMetrics 1.0. It is made from the text: prom-client's own way takes `_total` off the names of the
   * counters for good, and the next reader of the plain format finds other names.
   */
  async openMetrics(): Promise<string> {
    const lines = (await this.text()).split('\n').filter((line) => line !== '');
    return `${lines.map((line) => line.replace(/^# (HELP|TYPE) (\S+)_total /, '# $1 $2 ')).join('\n')}\n# EOF\n`;
  }

  /** The labels as they are written: what a definition does not foresee becomes `other`. */
  fold({ labels: set }: define.Metric, labels: Labels): Labels {
    if (set.names.length === 0 || set.combinations.length === 0) return this.#foldOpen(set, labels);
    return this.#known.get(set)?.has(keyOf(set, labels)) ? labels : (set.combinations.at(-1) ?? labels);
  }

  #foldOpen(set: define.LabelSet, labels: Labels): Labels {
    let folded = labels;
    for (const [name, atMost] of Object.entries(set.open ?? {})) {
      const taken = this.#takenOf(set, name);
      const value = labels[name] ?? '';
      if (taken.has(value)) continue;
      if (taken.size < atMost) taken.add(value);
      else folded = { ...folded, [name]: 'other' };
    }
    return folded;
  }

  #takenOf(set: define.LabelSet, name: string): Set<string> {
    const byName = this.#taken.get(set) ?? new Map<string, Set<string>>();
    this.#taken.set(set, byName);
    const taken = byName.get(name) ?? new Set<string>();
    byName.set(name, taken);
    return taken;
  }

  #of<W extends Written>(definition: define.Metric): W {
    const written = this.#written.get(definition);
    if (!written)
      throw new Error(
        `${definition.name} is not among the metrics of any collector in metrics/collectors/index.ts`,
      );
    return written as W;
  }

  #add(definition: define.Metric): void {
    const written = create(definition);
    this.#registry.registerMetric(written as PromMetric<string>);
    this.#written.set(definition, written);
    const { labels } = definition;
    this.#known.set(labels, new Set(labels.combinations.map((set) => keyOf(labels, set))));
    if (labels.names.length === 0) return;
    // A series that appears with its first event has no rate for it: what is known beforehand starts with 0.
    for (const set of labels.combinations) {
      if (written instanceof Histogram) written.zero(set);
      else written.inc(set, 0);
    }
  }
}

function create(definition: define.Metric): Written {
  const { name, help, labels } = definition;
  const options = { name, help, labelNames: [...labels.names], registers: [] };
  if (definition.type === 'counter') return new Counter(options);
  if (definition.type === 'gauge') return new Gauge(options);
  return new Histogram({ ...options, buckets: [...definition.buckets] });
}

function keyOf(set: define.LabelSet, labels: Labels): string {
  return set.names.map((name) => labels[name]).join('\n');
}
