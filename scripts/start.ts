/** Starts the server: `npm start`. */
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // Mediasoup reads the variable once, when it is imported, so nothing before this line may import it.
  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  const { buildPage } = await import('../client/build.ts');
  const [server] = await Promise.all([serverModule(), buildPage()]);

  await import(server);
});

/** Panels of the operator's own import the dashboard's sources, and must find the server that uses the same ones. */
async function serverModule(): Promise<string> {
  const { TUREEN_ADMIN_PANELS: panels, TUREEN_ENV_FILE: envFile } = process.env;
  const fromFile = envFile
    ? await Bun.file(envFile)
        .text()
        .catch(() => '')
    : '';

  return panels || fromFile.includes('TUREEN_ADMIN_PANELS') ? '../src/main.ts' : await bundleServer();
}
