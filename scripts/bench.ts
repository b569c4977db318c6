/** Runs a benchmark against the alternatives: `npm run bench NAME`. bench/README.md has the results. */
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported. The measured servers inherit it.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  // Built before, so that the first measured start does the same work as later ones.
  const { buildPage } = await import('../client/build.ts');
  await Promise.all([bundleServer(), buildPage()]);

  await import('../bench/run.ts');
});
