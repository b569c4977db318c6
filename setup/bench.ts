/** Measures Tureen beside what one would otherwise run: `bun run bench NAME`. bench/README.md has the results. */
import { provideWorker } from '../worker/provide.ts';
import { runTask } from './console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported, and every server that is measured inherits it.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  await import('../bench/run.ts');
});
