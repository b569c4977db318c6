/** What a metric is, in words that promtool and people understand. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/**
 * Where the values come from: an event, the state that is read when somebody scrapes, the sampler that asks
 * mediasoup for statistics, or the process itself.
 */
export type MetricSource = 'event' | 'state' | 'sample' | 'process';

export type Labels = Readonly<Record<string, string>>;

/** The labels of a metric. What does not fit the list becomes `other`, so that no client can add series. */
export interface LabelSet {
  readonly names: readonly string[];
  /** Every combination that can appear. Its last one takes what fits none. Empty for labels that are `open`. */
  readonly combinations: readonly Labels[];
  /** Values that are known only at run time: at most so many of each label, then `other`. */
  readonly open?: Readonly<Record<string, number>>;
  /** The most combinations that can ever appear. */
  readonly limit: number;
}

interface Common {
  readonly name: string;
  readonly help: string;
  /** The unit that the name carries, e.g. `seconds`; `count` for what is counted. */
  readonly unit: string;
  readonly source: MetricSource;
  readonly labels: LabelSet;
}

export interface Counter extends Common {
  readonly type: 'counter';
}
export interface Gauge extends Common {
  readonly type: 'gauge';
}
export interface Histogram extends Common {
  readonly type: 'histogram';
  readonly buckets: readonly number[];
}
/** One metric. The endpoint, the dashboards, the rules and docs/metrics.md are made from these objects. */
export type Metric = Counter | Gauge | Histogram;

export const noLabels: LabelSet = { names: [], combinations: [{}], limit: 1 };

/** Every combination of these values, in which `where` may leave some out. */
export function cross(
  values: Readonly<Record<string, readonly string[]>>,
  where: (labels: Labels) => boolean = () => true,
): LabelSet {
  const combinations = Object.entries(values)
    .reduce<Labels[]>(
      (sets, [name, list]) => sets.flatMap((set) => list.map((value) => ({ ...set, [name]: value }))),
      [{}],
    )
    .filter(where);
  return { names: Object.keys(values), combinations, limit: combinations.length };
}

/** One label whose values are known only at run time, beside others that are known. */
export function open(name: string, atMost: number, beside: LabelSet = noLabels): LabelSet {
  return {
    names: [name, ...beside.names],
    combinations: [],
    open: { [name]: atMost },
    limit: (atMost + 1) * beside.limit,
  };
}

/** The keys of an object that the compiler holds to be complete, as the values of a label. */
export function valuesOf<T extends string>(all: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(all) as T[];
}

type Row = Omit<Common, 'unit' | 'labels'> & { unit?: string; labels?: LabelSet };

export function counter({ unit = 'count', labels = noLabels, ...row }: Row): Counter {
  return { type: 'counter', unit, labels, ...row };
}

export function gauge({ unit = 'count', labels = noLabels, ...row }: Row): Gauge {
  return { type: 'gauge', unit, labels, ...row };
}

export function histogram({
  unit = 'count',
  labels = noLabels,
  ...row
}: Row & { buckets: readonly number[] }): Histogram {
  return { type: 'histogram', unit, labels, ...row };
}

/** The most series that a metric can ever have; a histogram has one a bucket, +Inf, sum and count. */
export function mostSeries(metric: Metric): number {
  return metric.labels.limit * (metric.type === 'histogram' ? metric.buckets.length + 3 : 1);
}
