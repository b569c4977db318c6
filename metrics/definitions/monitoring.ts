import { counter, cross, gauge } from './define.ts';

/** The parts that fill the page when somebody scrapes. One that fails leaves the others alone. */
export const collectorNames = [
  'process',
  'rooms',
  'speakers',
  'workers',
  'signaling',
  'webhooks',
  'node',
] as const;
export type CollectorName = (typeof collectorNames)[number];

const collectorLabel = cross({ collector: collectorNames });

export const collectorSuccess = gauge({
  name: 'tureen_collector_success',
  help: '1 when the collector could read its values for this scrape.',
  source: 'state',
  labels: collectorLabel,
});
export const collectorDuration = gauge({
  name: 'tureen_collector_duration_seconds',
  help: 'How long the collector took for this scrape.',
  unit: 'seconds',
  source: 'state',
  labels: collectorLabel,
});

export const samplerPassDuration = gauge({
  name: 'tureen_sampler_pass_duration_seconds',
  help: 'How long the last pass of the sampler over all media objects took, its rests included.',
  unit: 'seconds',
  source: 'sample',
});
export const samplerInterval = gauge({
  name: 'tureen_sampler_interval_seconds',
  help: 'Time between two passes now: longer than configured while the loop or a worker is busy.',
  unit: 'seconds',
  source: 'sample',
});
export const samplerPasses = counter({
  name: 'tureen_sampler_passes_total',
  help: 'Passes of the sampler over all media objects.',
  source: 'sample',
});
export const samplerRequests = counter({
  name: 'tureen_sampler_requests_total',
  help: 'Requests for statistics by result: gone is an object that ended meanwhile.',
  source: 'sample',
  labels: cross({ result: ['ok', 'gone'] }),
});
export const lastSamplesSkipped = counter({
  name: 'tureen_sampler_last_samples_skipped_total',
  help: 'Objects that ended among so many others that they were not asked a last time: what they did since their last sample is not counted.',
  source: 'sample',
});
