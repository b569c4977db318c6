import type { Metric } from './define.ts';
import * as media from './media.ts';
import * as monitoring from './monitoring.ts';
import * as rooms from './rooms.ts';
import * as server from './server.ts';
import * as transports from './transports.ts';
import * as webhooks from './webhooks.ts';

export type { Counter, Gauge, Histogram, Labels, Metric } from './define.ts';
export { media, monitoring, rooms, server, transports, webhooks };

const { collectorNames: _names, ...monitoringMetrics } = monitoring;
const { joinStepNames: _steps, ...roomMetrics } = rooms;
const { producerCounters, consumerCounters, ...mediaMetrics } = media;

/** Every metric of the page by topic, in the order in which it stands there. */
export const topics: Readonly<Record<string, readonly Metric[]>> = {
  'Rooms and people': Object.values(roomMetrics),
  Transports: Object.values(transports),
  Producers: Object.values(producerCounters),
  Consumers: Object.values(consumerCounters),
  Streams: Object.values(mediaMetrics),
  Server: Object.values(server),
  Webhooks: Object.values(webhooks),
  'The measuring itself': Object.values(monitoringMetrics),
};

export const allMetrics: readonly Metric[] = Object.values(topics).flat();
