import type { Counter, Gauge, Histogram, Labels } from './define.ts';

interface Options {
  readonly by?: readonly string[];
  readonly where?: Labels;
  /** Another window than the builder's. */
  readonly over?: string;
}

/** Writes PromQL over the definitions, so that a query cannot name a metric or a label that does not exist. */
export class Promql {
  /**
   * @param matchers label matchers that every selector carries, e.g. `node=~"$node"`
   * @param window the range of rates
   * @param always labels that every sum keeps
   */
  constructor(
    private readonly matchers: string,
    private readonly window: string,
    private readonly always: readonly string[] = [],
  ) {}

  /** The series of a gauge or a counter themselves. */
  raw(metric: Gauge | Counter, where: Labels = {}): string {
    return this.#selector(metric.name, metric, where);
  }

  /** The sum of a gauge. */
  sum(metric: Gauge, { by = [], where = {} }: Options = {}): string {
    return this.#aggregate('sum', by, this.#selector(metric.name, metric, where), metric);
  }

  max(metric: Gauge, { by = [], where = {} }: Options = {}): string {
    return this.#aggregate('max', by, this.#selector(metric.name, metric, where), metric);
  }

  /** How much a second. */
  rate(metric: Counter, { by = [], where = {}, over = this.window }: Options = {}): string {
    return this.#aggregate('sum', by, `rate(${this.#selector(metric.name, metric, where)}[${over}])`, metric);
  }

  /** How many in the window. */
  increase(metric: Counter, { by = [], where = {}, over = this.window }: Options = {}): string {
    return this.#aggregate(
      'sum',
      by,
      `increase(${this.#selector(metric.name, metric, where)}[${over}])`,
      metric,
    );
  }

  /** Observations in the window. */
  count(metric: Histogram, { by = [], where = {}, over = this.window }: Options = {}): string {
    const selector = this.#selector(`${metric.name}_count`, metric, where);
    return this.#aggregate('sum', by, `increase(${selector}[${over}])`, metric);
  }

  /** Observations a second. */
  countRate(metric: Histogram, options: Options = {}): string {
    return this.#rateOf(metric, '_count', options);
  }

  /** A percentile over everything that is observed, e.g. 0.95. */
  quantile(share: number, metric: Histogram, { by = [], ...options }: Options = {}): string {
    const buckets = this.#rateOf(metric, '_bucket', { ...options, by: ['le', ...by] });
    // Without an observation it is not a number, which is nothing.
    return `(histogram_quantile(${share}, ${buckets}) > -Inf)`;
  }

  /** The share of observations that are at most so much, which has to be a bound of a bucket; nothing without any. */
  shareAtMost(bound: number, metric: Histogram, options: Options = {}): string {
    if (!metric.buckets.includes(bound))
      throw new Error(`${metric.name} has no bucket at ${bound}; it has ${metric.buckets.join(', ')}`);
    const below = this.#rateOf(metric, '_bucket', options, [bucketMatcher(bound)]);
    return `${below} / (${this.countRate(metric, options)} > 0)`;
  }

  /** The share of observations that are more than that. */
  shareAbove(bound: number, metric: Histogram, options: Options = {}): string {
    return `(1 - ${this.shareAtMost(bound, metric, options)})`;
  }

  mean(metric: Histogram, options: Options = {}): string {
    return `${this.#rateOf(metric, '_sum', options)} / (${this.countRate(metric, options)} > 0)`;
  }

  /** One kind of the series of a histogram, a second. */
  #rateOf(
    metric: Histogram,
    suffix: '_bucket' | '_count' | '_sum',
    { by = [], where = {}, over = this.window }: Options,
    more: readonly string[] = [],
  ): string {
    const selector = this.#selector(metric.name + suffix, metric, where, more);
    return this.#aggregate('sum', by, `rate(${selector}[${over}])`, metric);
  }

  #selector(
    name: string,
    metric: Counter | Gauge | Histogram,
    where: Labels,
    more: readonly string[] = [],
  ): string {
    for (const label of Object.keys(where)) this.#check(label, metric);
    const own = Object.entries(where).map(([label, value]) => `${label}="${value}"`);
    const all = [...own, ...more, ...(this.matchers === '' ? [] : [this.matchers])].join(',');
    return all === '' ? name : `${name}{${all}}`;
  }

  #aggregate(
    operator: string,
    by: readonly string[],
    of: string,
    metric: Counter | Gauge | Histogram,
  ): string {
    for (const label of by) this.#check(label, metric);
    const labels = [...this.always, ...by];
    return labels.length === 0 ? `${operator}(${of})` : `${operator} by (${labels.join(', ')}) (${of})`;
  }

  #check(label: string, metric: Counter | Gauge | Histogram): void {
    if (['node', 'region', 'le', 'instance'].includes(label) || metric.labels.names.includes(label)) return;
    throw new Error(
      `${metric.name} has no label ${label}; it has ${metric.labels.names.join(', ') || 'none'}`,
    );
  }
}

/**
 * Matches the bucket up to a bound. Prometheus 3 writes a whole one as 7.0, and Prometheus 2 as it is on the page.
 * https://prometheus.io/docs/prometheus/latest/migration/
 */
function bucketMatcher(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}|${bound}[.]0"` : `le="${bound}"`;
}
