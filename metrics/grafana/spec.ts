import { Promql } from '../promql.ts';

/** What a panel shows a number as. Grafana's own names of units. */
export type Unit =
  | 'short'
  | 's'
  | 'bps'
  | 'bytes'
  | 'percentunit'
  | 'reqps'
  | 'ops'
  | 'pps'
  | 'dateTimeFromNow';

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** From this value on a panel turns yellow or red. */
export interface Thresholds {
  readonly warn: number;
  readonly bad: number;
  /** Small values are the bad ones. */
  readonly below?: true;
}

export interface PanelSpec {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  readonly kind: 'timeseries' | 'stat' | 'bargauge' | 'table';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly thresholds: Thresholds | 'none';
  /** Why it may show nothing, for panels that do so while all is well. */
  readonly empty?: string;
  readonly stacked?: boolean;
  /** Of 24 columns; stats take 4 and others 8 unless told. */
  readonly width?: number;
}

export interface BoardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

/** Queries of the dashboards: of the chosen nodes and regions. */
export const q = new Promql('node=~"$node",region=~"$region"', '$__rate_interval');

type Rest = Partial<Pick<PanelSpec, 'thresholds' | 'stacked' | 'width' | 'empty'>>;

const panel =
  (kind: PanelSpec['kind']) =>
  (
    title: string,
    unit: Unit,
    description: string,
    queries: readonly Query[] | string,
    rest: Rest = {},
  ): PanelSpec => ({
    title,
    unit,
    description,
    kind,
    queries: typeof queries === 'string' ? [{ expr: queries, legend: '' }] : queries,
    thresholds: 'none',
    ...rest,
  });

export const stat = panel('stat');
export const graph = panel('timeseries');
export const bars = panel('bargauge');
export const table = panel('table');

/** Of streams that flow: on a quiet node nothing is measured. */
export const noCalls = 'No media flows in this time.';

/** One line. */
export const line = (legend: string, expr: string): Query => ({ expr, legend });

/** Median, 95th and 99th percentile of a distribution. */
export function percentiles(
  quantile: (share: number) => string,
  suffix = '',
  shares: readonly number[] = [0.5, 0.95, 0.99],
): Query[] {
  return shares.map((share) => line(`p${share * 100}${suffix}`, quantile(share)));
}
