import { allMetrics, topics } from '../metrics/collection.ts';
import { usesOf } from '../metrics/dashboards-and-rules.ts';
import { type Metric, mostSeries } from '../metrics/define.ts';
import { roomMetrics } from '../metrics/room-page.ts';
import { sliceSize } from '../metrics/sampler/lane.ts';

const sources = {
  event: 'an event, at once',
  state: 'the state at the time of the scrape',
  sample: 'the last pass of the sampler',
  process: 'the process',
} as const;

/** docs/metrics.md: every metric, from the collectors in metrics/collectors/. */
export function metricsPage(): string {
  const most = allMetrics.reduce((sum, metric) => sum + mostSeries(metric), 0);
  const chapters = Object.entries(topics).map(([topic, metrics]) => chapter(topic, metrics));
  return `# Metrics

Generated from the collectors in metrics/collectors/ by \`npm run generate\`; edit them there.

\`GET /metrics\` returns the metrics in Prometheus' text format, or as OpenMetrics on request. Access, dashboards and
alerts are described in [operations.md](operations.md#metrics). Every series has the labels \`node\` and \`region\`.

Rooms, peers, producers and consumers are never labels: a node has at most ${most} series, regardless of the number of calls
and of what clients send. An unknown label value becomes \`other\`.

## How media statistics are collected

A sampler asks the media workers for the statistics of every transport, producer and consumer every
\`TUREEN_STATS_INTERVAL_SECONDS\`, spread over half of that time, with at most ${sliceSize} requests in flight to each worker. It
slows down to a quarter of that rate while the event loop or a worker is busy (\`tureen_sampler_interval_seconds\`). A
scrape reads the sampler's last values, so it costs the same with ten consumers as with ten thousand.

Counters add the difference to the last sample of each object, and keep their value when the object closes. Traffic after the
last sample is counted too: just before Tureen closes an object, or something that it depends on, it requests the statistics once
more, without waiting for the answer before it closes the object. These are lost:

- when a worker dies, the traffic of its objects since their last sample;
- when so many objects close at once that last samples of more than 500 consumers (1,000 other objects) of a worker are pending,
  the traffic of the remaining ones since their last sample. \`tureen_sampler_last_samples_skipped_total\` counts them;
- when the server itself stops, the last seconds before that.

Distributions (\`tureen_stream_...\`) get one observation of every active stream at each sample, so their \`rate()\`
over some minutes is the distribution over streams, and percentiles over several nodes are correct. Loss, jitter and round-trip
time come from the last RTCP report.

${chapters.join('\n\n')}

## One room in detail

\`GET /metrics/rooms/:roomId\` shows the peers, producers and consumers of one room with their ids as labels. It asks the
workers on each request, like a multi-target exporter, and costs nothing otherwise. Prometheus can
scrape it for a while with \`metrics_path\`; the dashboards link to it.

${table(Object.values(roomMetrics), false)}

\`GET /metrics/top\` lists the ten worst rooms by loss, round trip and score as JSON, from the last samples.
`;
}

function chapter(topic: string, metrics: readonly Metric[]): string {
  return `## ${topic}\n\n${table(metrics, true)}`;
}

function table(metrics: readonly Metric[], withUses: boolean): string {
  const head = withUses
    ? '| metric | type | labels | what it says | comes from | used by |\n|---|---|---|---|---|---|'
    : '| metric | labels | what it says |\n|---|---|---|';
  const rows = metrics.map((metric) => {
    const { name, type, labels, help, source } = metric;
    const names = labels.names.map((label) => `\`${label}\``).join(', ');
    if (!withUses) return `| \`${name}\` | ${names} | ${help} |`;
    return `| \`${name}\` | ${type} | ${names} | ${help} | ${sources[source]} | ${usesOf(metric).join('; ')} |`;
  });
  return [head, ...rows].join('\n');
}
