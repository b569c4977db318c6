/** Starts a bus and several nodes on this machine: `npm run mesh -- --nodes 3`. docs/mesh.md explains it. */
import { meshCommand } from '../src/cli/mesh.ts';
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask, say } from './machine/console.ts';
import { ensurePackages } from './machine/packages.ts';
import { launchMesh } from './mesh/launch.ts';
import { readMeshOptions, usage } from './mesh/options.ts';

await runTask(async () => {
  if (process.argv[2] === 'import') process.exit(await meshCommand(process.argv.slice(2), process.env));

  const options = readMeshOptions(process.argv.slice(2));

  if (options === 'help') {
    console.log(usage);
    return;
  }

  const natsServer = process.env.TUREEN_NATS_SERVER ?? 'nats-server';

  if (Bun.which(natsServer) === null) {
    await ensurePackages(['nats-server'], 'for the bus between the nodes');
  }

  process.env.MEDIASOUP_WORKER_BIN = (await provideWorker()).path;

  // Mediasoup reads the variable once, when it is imported, and the page's builder imports it.
  const { buildPage } = await import('../client/build.ts');
  const [server] = await Promise.all([bundleServer(), buildPage()]);
  const mesh = await launchMesh({ ...options, server, natsServer });

  for (const { name, url } of mesh.nodes) {
    console.log(`node ${name}: ${url}`);
  }

  say('open two of them in two tabs, and you are in one call. Ctrl-C ends all.');

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void mesh.end());
  }

  await mesh.ended;
  process.exit(0);
});
