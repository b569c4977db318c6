/** Starts a bus and several nodes on this machine: `npm run mesh -- --nodes 3`. docs/mesh.md explains it. */
import { meshCommand } from '../src/cli/mesh.ts';
import { provideWorker } from '../worker/provide.ts';
import { bundleServer } from './bundle.ts';
import { runTask, say } from './machine/console.ts';
import { ensurePackages } from './machine/packages.ts';
import { launchMesh, type RunningMesh } from './mesh/launch.ts';
import { readMeshOptions, usage } from './mesh/options.ts';

/** Restarts one node after the other, again and again, while calls go on. */
async function restartOneByOne(mesh: RunningMesh, pauseMs: number): Promise<void> {
  for (;;) {
    for (const [index, { name }] of mesh.nodes.entries()) {
      const over = await Promise.race([Bun.sleep(pauseMs), mesh.ended.then(() => 'over')]);

      if (over) {
        return;
      }

      say(`node ${name}: restarting; its calls go on on the others`);
      await mesh.restart(index).catch((error: unknown) => say(String(error)));
      say(`node ${name}: back`);
    }
  }
}

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

  if (options.rolling !== undefined) {
    void restartOneByOne(mesh, options.rolling * 1000);
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void mesh.end());
  }

  await mesh.ended;
  process.exit(0);
});
