import { allMetrics, topics } from '../metrics/collection.ts';
import { usesOf } from '../metrics/dashboards-and-rules.ts';
import { type Metric, mostSeries } from '../metrics/define.ts';
import { roomMetrics } from '../metrics/room-page.ts';
import { sliceSize } from '../metrics/sampler/lane.ts';

const sources = {
  event: 'an event, at once',
  state: 'what is there when somebody scrapes',
  sample: 'the sampler, at its last pass',
  process: 'the process',
} as const;

/** docs/metrics.md: every metric, from the collectors in metrics/collectors/. */
export function metricsPage(): string {
  const most = allMetrics.reduce((sum, metric) => sum + mostSeries(metric), 0);
  const chapters = Object.entries(topics).map(([topic, metrics]) => chapter(topic, metrics));
  return `# Metrics

Made from the collectors in metrics/collectors/ by \`npm run generate\`; change them there.

\`GET /metrics\` gives the page in Prometheus' text format, or as OpenMetrics when it is asked for. Who may read it, the
dashboards and the alerts are in [operations.md](operations.md#metrics). Every series carries \`node\` and \`region\`.

No room, peer, producer or consumer is ever a label: a node shows ${most} series at the very most, however many calls
it carries and whatever clients send. A label value that is not foreseen becomes \`other\`.

## How media statistics are made

A sampler asks the media workers for the statistics of every transport, producer and consumer every
\`TUREEN_STATS_INTERVAL_SECONDS\`, spread over half of that time, with at most ${sliceSize} requests in flight to each worker. It
slows down to a quarter of that rate while the event loop or a worker is busy (\`tureen_sampler_interval_seconds\`). A
scrape reads what the sampler has, so it costs the same with ten consumers as with ten thousand.

Counters add up what is new since the last sample of each object and outlive the object. What an object did after its
last sample is counted as well: when Tureen closes it, or closes what it depends on, it is asked once more just before,
and the worker answers in order while nobody waits for it. What is lost:

- when a worker dies, what its objects did since their last sample;
- when so many objects end at once that more than 500 consumers (1,000 others) of a worker are being asked a last time,
  what the rest of them did since their last sample. \`tureen_sampler_last_samples_skipped_total\` counts them;
- when the server itself ends, the last seconds before its end.

Distributions (\`tureen_stream_...\`) get one observation of every flowing stream at each sample, so their \`rate()\`
over some minutes is the distribution over streams, and a percentile over several nodes is right. Loss, jitter and round
trip are those of the last RTCP report.

${chapters.join('\n\n')}

## One room, looked at closely

\`GET /metrics/rooms/:roomId\` shows the peers, producers and consumers of one room with their ids as labels. It asks the
workers at that moment, in the way of a multi-target exporter, and costs nothing while nobody looks. Prometheus can
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
