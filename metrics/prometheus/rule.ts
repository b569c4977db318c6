import { Promql } from '../promql.ts';

/**
 * Everything is by node: whoever is woken wants to know which one. Prometheus has process metrics of other programs as
 * well; only ours carry a node.
 */
export const q = new Promql('node!=""', '10m', ['node', 'region']);

/** A query that is worked out ahead, under a name that says its level, its metric and what was done with it. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly doc: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to hold. */
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
}
