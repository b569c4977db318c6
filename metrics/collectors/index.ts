import type { Collector } from '../collector.ts';
import { consumers } from './consumers.ts';
import { data } from './data.ts';
import { host } from './host.ts';
import { joins } from './joins.ts';
import { mesh } from './mesh.ts';
import { moves } from './moves.ts';
import { node } from './node.ts';
import { processCollector } from './process.ts';
import { producers } from './producers.ts';
import { rooms } from './rooms.ts';
import { sampler } from './sampler.ts';
import { signaling } from './signaling.ts';
import { speakers } from './speakers.ts';
import { storage } from './storage.ts';
import { streams } from './streams.ts';
import { transports } from './transports.ts';
import { webhooks } from './webhooks.ts';
import { workers } from './workers.ts';

/** Every collector, in the order of the page and of docs/metrics.md. */
export const collectors: readonly Collector[] = [
  rooms,
  joins,
  moves,
  speakers,
  transports,
  data,
  producers,
  consumers,
  streams,
  signaling,
  workers,
  node,
  mesh,
  processCollector,
  host,
  storage,
  webhooks,
  sampler,
];
