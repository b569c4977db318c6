import type { Server } from '../../src/app/server.ts';
import { until } from './until.ts';

/** The id of a media worker's process. @throws Error when it does not run */
export function workerPid({ sfu }: Server, index = 0): number {
  const pid = sfu.snapshot().workers[index]?.pid;
  if (!pid) throw new Error(`media worker ${index} does not run`);
  return pid;
}

/** Ends a media worker's process as the kernel would for lack of memory. */
export function killWorker(server: Server, index = 0): void {
  process.kill(workerPid(server, index), 'SIGKILL');
}

/** As killWorker. Resolves when its successor runs. */
export async function replaceWorker(server: Server, index = 0): Promise<void> {
  const before = workerPid(server, index);
  killWorker(server, index);
  const now = () => server.sfu.snapshot().workers[index]?.pid ?? before;
  await until(() => now() !== before, `the successor of worker ${index}`);
}
