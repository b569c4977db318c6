/** Starts the server: `npm start`. */
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask } from './console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported, so nothing before this line may import it.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  const { buildPage } = await import('../client/build.ts');
  const [server] = await Promise.all([bundleServer(), buildPage()]);

  await import(server);
});
