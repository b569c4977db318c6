import { address } from './address.ts';
import { certificate } from './certificate.ts';
import type { Check } from './finding.ts';
import { fly } from './fly.ts';
import { clock, disk, memory, mtu, openFiles } from './host.ts';
import { ports } from './ports.ts';
import { workerFile, workerStart } from './worker.ts';

/** Everything that is looked at, in the order in which it is told. */
export const checks: readonly Check[] = [
  workerFile,
  workerStart,
  ports,
  address,
  certificate,
  openFiles,
  clock,
  memory,
  mtu,
  disk,
  fly,
];
