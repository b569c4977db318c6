import type { SfuBus } from '../../src/sfu/events.ts';
import type { WorkerPool } from '../../src/sfu/media/workers.ts';
import { server } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import type { Census } from '../sampler/census.ts';

/** The life of media workers; each new one is followed by the census from its start. */
export function followWorkers(page: Page, census: Census, pool: WorkerPool, events: SfuBus): void {
  const watch = (index: number) => {
    const live = pool.slots[index]?.live;
    if (live) census.watch(live.worker, index);
  };
  for (const { index } of pool.slots) {
    watch(index);
    // A worker that never died still has a series, so that its first death has a rate.
    page.add(server.workerDeaths, 0, { worker: String(index) });
    page.add(server.workerRestarts, 0, { worker: String(index) });
  }
  events.on('workerStarted', ({ workerIndex, restart }) => {
    watch(workerIndex);
    if (restart) page.add(server.workerRestarts, 1, { worker: String(workerIndex) });
  });
  events.on('workerDied', ({ workerIndex }) => {
    page.add(server.workerDeaths, 1, { worker: String(workerIndex) });
  });
}
