/** Measures Tureen beside what one would otherwise run: `bun run bench NAME`. bench/README.md has the results. */
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported, and every server that is measured inherits it.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  // So that the first start that is measured finds what every later one does.
  const { buildPage } = await import('../client/build.ts');
  await Promise.all([bundleServer(), buildPage()]);

  await import('../bench/run.ts');
});
