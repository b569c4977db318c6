import { expect, test } from 'bun:test';
import { metrics as joins } from '../../metrics/collectors/joins.ts';
import { metrics as rooms } from '../../metrics/collectors/rooms.ts';
import { metrics as signaling } from '../../metrics/collectors/signaling.ts';
import { Promql } from '../../metrics/promql.ts';

const q = new Promql('node=~"$node"', '5m', ['region']);

test('queries are written over definitions, with the matchers and labels of the builder', () => {
  expect(q.sum(rooms.peers, { where: { state: 'joined' }, by: ['node'] })).toBe(
    'sum by (region, node) (tureen_peers{state="joined",node=~"$node"})',
  );
  expect(q.quantile(0.95, joins.duration)).toBe(
    '(histogram_quantile(0.95, sum by (region, le) (rate(tureen_join_duration_seconds_bucket{node=~"$node"}[5m]))) > -Inf)',
  );
  // Whole bounds have another form in Prometheus 3.
  expect(q.shareAtMost(3, joins.duration)).toBe(
    'sum by (region) (rate(tureen_join_duration_seconds_bucket{le=~"3|3[.]0",node=~"$node"}[5m])) / (sum by (region) (rate(tureen_join_duration_seconds_count{node=~"$node"}[5m])) > 0)',
  );
  expect(q.shareAtMost(0.5, joins.duration)).toContain('_bucket{le="0.5",node=~"$node"}');
  expect(q.increase(joins.kicks, { over: '1h' })).toBe(
    'sum by (region) (increase(tureen_kicks_total{node=~"$node"}[1h]))',
  );
});

test('a label that the metric does not have is a mistake at once', () => {
  expect(() => q.sum(rooms.rooms, { by: ['worker'] })).toThrow(
    'tureen_rooms has no label worker; it has none',
  );
  expect(() => q.shareAbove(4, joins.duration)).toThrow('tureen_join_duration_seconds has no bucket at 4');
  expect(() => q.rate(signaling.requests, { where: { code: 'x' } })).toThrow('it has method, result');
});
