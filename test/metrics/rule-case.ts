/** A series with its values in promtool's notation, one a minute. */
export type Series = readonly [series: string, values: string];

export interface RuleCase {
  /** When the alerts are looked at. */
  readonly at: string;
  /** Labels that the alert carries. */
  readonly labels: Readonly<Record<string, string>>;
  readonly fires: readonly Series[];
  readonly silent: readonly Series[];
}

/** Where the alerts are about. */
export const node = { node: 'n1', region: 'ams' };
/** A series of that node. */
export const on = (name: string, more = '') =>
  `${name}{node="n1",region="ams"${more === '' ? '' : `,${more}`}}`;
export const le = (name: string, bound: string) => on(`${name}_bucket`, `le="${bound}"`);
