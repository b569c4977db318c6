import { audience } from './audience.ts';
import { boot } from './boot.ts';
import { dashboard } from './dashboard.ts';
import { firstFrame } from './first-frame.ts';
import { forward } from './forward.ts';
import { full } from './full.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { join } from './join.ts';
import { mesh } from './mesh.ts';
import { neighbour } from './neighbour.ts';
import { quality } from './quality.ts';
import { scrape } from './scrape.ts';
import { signaling } from './signaling.ts';
import { spread } from './spread.ts';

/** Every benchmark. To add one, add its file and a line here. */
export const benchmarks: readonly Benchmark[] = [
  signaling,
  join,
  audience,
  firstFrame,
  boot,
  forward,
  spread,
  scrape,
  dashboard,
  neighbour,
  full,
  mesh,
  quality,
];
