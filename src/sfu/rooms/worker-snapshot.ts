import type { WorkerSlot } from '../media/workers.ts';

export interface WorkerSnapshot {
  readonly index: number;
  /** Null while it is being replaced. */
  readonly pid: number | null;
  readonly startedAt: number | null;
  readonly deaths: number;
  readonly routers: number;
  readonly producers: number;
  readonly consumers: number;
  /** What its consumers cost by nominal figures, in bits a second. */
  readonly bitrate: number;
}

export function workerSnapshot({ index, live, deaths }: WorkerSlot): WorkerSnapshot {
  const { routers = 0, producers = 0, consumers = 0, bitrate = 0 } = live?.load ?? {};
  return {
    index,
    pid: live?.worker.pid ?? null,
    startedAt: live?.startedAt ?? null,
    deaths,
    routers,
    producers,
    consumers,
    bitrate: Math.round(bitrate),
  };
}
