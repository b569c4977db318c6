import { readFileSync } from 'node:fs';
import type { WorkerSlot } from '../../src/sfu/media/workers.ts';
import type { Gauge } from '../definitions/define.ts';
import { server } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** What each media worker carries. */
export function collectWorkers(page: Page, slots: readonly WorkerSlot[]): void {
  const write = (gauge: Gauge, read: (live: NonNullable<WorkerSlot['live']>) => number) =>
    page.replace(
      gauge,
      slots.map(({ index, live }) => [
        { worker: String(index) },
        live && !live.worker.closed ? read(live) : 0,
      ]),
    );
  write(server.workerUp, () => 1);
  write(server.workerRouters, ({ load }) => load.routers);
  write(server.workerConsumers, ({ load }) => load.consumers);
  write(server.workerMemory, ({ worker }) => residentBytes(worker.pid));
}

/** @returns 0 for a process that is gone, and where there is no /proc */
function residentBytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
