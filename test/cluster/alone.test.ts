import { expect, test } from 'bun:test';
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';

test('a server without a bus loads nothing of NATS', async () => {
  const script = `
    const { startServer } = await import('./test/support/server.ts');
    const loaded = () => Object.keys(require.cache).filter((name) => name.includes('@nats-io')).length;
    const server = await startServer();
    const before = loaded();
    await server.stop();
    await import('@nats-io/transport-node');
    console.log(JSON.stringify({ before, knows: loaded() > 0 }));
    process.exit(0);`;
  const { out } = await run([process.execPath, '-e', script], { cwd: projectFolder });
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({ before: 0, knows: true });
});
