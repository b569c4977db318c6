/** Examines this host and the configuration: `npm run doctor`. */
import { provideWorker } from '../worker/provide.ts';
import { runTask } from './machine/console.ts';

await runTask(async () => {
  // A worker that the user chose is examined as it is; what is wrong with it is a finding, not the end.
  const workerBin = process.env.MEDIASOUP_WORKER_BIN || (await provideWorker()).path;

  // Mediasoup reads the variable once, when it is imported, so nothing before this line may import it.
  process.env.MEDIASOUP_WORKER_BIN = workerBin;

  const { doctor } = await import('../src/cli/doctor.ts');

  process.exit(await doctor({ environment: process.env, workerBin }));
});
