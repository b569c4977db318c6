/** Examines this host and the configuration: `npm run doctor`. */
import { provideWorker } from '../worker/provide.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // A worker that the user chose is not verified here: what is wrong with it is a finding.
  const workerBin = process.env.MEDIASOUP_WORKER_BIN || (await provideWorker()).path;

  // Mediasoup reads the variable once, when it is imported, so the modules that import it are imported after this line.
  process.env.MEDIASOUP_WORKER_BIN = workerBin;

  const { doctor } = await import('../src/cli/doctor.ts');

  process.exit(await doctor({ environment: process.env, workerBin }));
});
