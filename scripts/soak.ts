/** Runs a server under churn and fails when it grows: `npm run soak -- --minutes 60`. docs/load.md explains it. */
import { provideWorker } from '../worker/provide.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;
  const { buildPage } = await import('../client/build.ts');
  await buildPage();
  await import('../bench/soak/run.ts');
});
