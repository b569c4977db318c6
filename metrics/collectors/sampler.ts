import type { Collector } from '../collector.ts';
import { counter, cross, gauge } from '../define.ts';

export const metrics = {
  passDuration: gauge({
    name: 'tureen_sampler_pass_duration_seconds',
    help: 'How long the last pass of the sampler over all media objects took, its rests included.',
    unit: 'seconds',
    source: 'sample',
  }),
  interval: gauge({
    name: 'tureen_sampler_interval_seconds',
    help: 'Time between two passes of the sampler.',
    unit: 'seconds',
    source: 'sample',
  }),
  part: gauge({
    name: 'tureen_sampler_asked_ratio',
    help: 'Share of the media objects that the last pass asked, those whose turn was longest ago: less than 1 while the loop or a worker is busy, and where more is there than fits into the interval. Counters are complete with the next turn, and distributions are of fewer streams.',
    unit: 'ratio',
    source: 'sample',
  }),
  passes: counter({
    name: 'tureen_sampler_passes_total',
    help: 'Passes of the sampler over all media objects.',
    source: 'sample',
  }),
  requests: counter({
    name: 'tureen_sampler_requests_total',
    help: 'Requests for statistics by result: gone is an object that ended meanwhile.',
    source: 'sample',
    labels: cross({ result: ['ok', 'gone'] }),
  }),
  lastSamplesSkipped: counter({
    name: 'tureen_sampler_last_samples_skipped_total',
    help: 'Objects that ended among so many others that they were not asked a last time: what they did since their last sample is not counted.',
    source: 'sample',
  }),
};

/** How the sampler itself gets on. */
export const sampler: Collector = {
  name: 'sampler',
  title: 'Sampler',
  metrics,
  start({ page, sampler: own, onScrape }) {
    onScrape(() => {
      const { passes, answered, gone, lastSamplesSkipped } = own.counts;
      page.set(metrics.passDuration, own.lastPassSeconds);
      page.set(metrics.interval, own.interval);
      page.set(metrics.part, own.lastPart);
      page.raise(metrics.passes, passes);
      page.raise(metrics.requests, answered, { result: 'ok' });
      page.raise(metrics.requests, gone, { result: 'gone' });
      page.raise(metrics.lastSamplesSkipped, lastSamplesSkipped);
    });
  },
};
