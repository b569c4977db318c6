import { expect, test } from 'bun:test';
import { cross, histogram, open } from '../../metrics/define.ts';
import { Page } from '../../metrics/page.ts';

const common = { unit: 'seconds', source: 'event', buckets: [0.001, 0.1, 1] } as const;
const plain = histogram({ ...common, name: 'plain_seconds', help: 'Without labels.' });
const known = histogram({
  ...common,
  name: 'known_seconds',
  help: 'With labels that are known.',
  labels: cross({ side: ['here', 'there', 'other'] }),
});
const named = histogram({
  ...common,
  name: 'named_seconds',
  help: 'With a label that is open.',
  labels: open('method', 2),
});

/** On the bounds, between them, below and above all of them. */
const values = [0, 0.001, 0.0011, 0.1, 0.5, 1, 1.5, 1000];

test('a series that is kept shows what prom-client shows of the same observations', async () => {
  const kept = new Page([plain, known, named]);
  const looked = new Page([plain, known, named]);
  for (const value of values) {
    for (const [metric, labels] of [
      [plain, {}],
      [known, { side: 'there' }],
      [named, { method: 'join' }],
    ] as const) {
      kept.histogramSeries(metric, labels).observe(value);
      looked.observe(metric, value, labels);
    }
  }
  expect(await kept.text()).toBe(await looked.text());
});

test('what is observed by the series and by the metric adds up, over several readings of the page', async () => {
  const page = new Page([known]);
  const series = page.histogramSeries(known, { side: 'here' });
  series.observe(0.05);
  page.observe(known, 0.5, { side: 'here' });
  expect(await page.text()).toContain('known_seconds_count{side="here"} 2\n');
  series.observe(5);
  const text = await page.text();
  expect(text).toContain('known_seconds_bucket{le="0.1",side="here"} 1\n');
  expect(text).toContain('known_seconds_bucket{le="1",side="here"} 2\n');
  expect(text).toContain('known_seconds_bucket{le="+Inf",side="here"} 3\n');
  expect(text).toContain('known_seconds_sum{side="here"} 5.55\n');
  expect(await page.text()).toBe(text);
});

test('labels that were not foreseen share the series of the others', () => {
  const page = new Page([named]);
  const of = (method: string) => page.histogramSeries(named, { method });
  const first = of('a');
  expect(of('b')).not.toBe(first);
  expect(of('c')).toBe(of('d'));
  expect(of('a')).toBe(first);
});
