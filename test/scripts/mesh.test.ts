import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMeshOptions } from '../../scripts/mesh/options.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { run } from '../support/run.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

const command = [process.execPath, 'scripts/mesh.ts'];

test('mesh starts nodes that are one call, says where they are, and ends all of them with Ctrl-C', async () => {
  const port = freePort();
  await using mesh = new Program({ command: [...command, '--nodes', '2', '--port', String(port)] });
  await mesh.prints('Ctrl-C ends all');
  const lines = mesh.output.split('\n').filter((line) => line.startsWith('node '));
  expect(lines).toEqual([`node a: http://localhost:${port}/`, `node b: http://localhost:${port + 1}/`]);
  const alice = await SignalingClient.connect({ server: { port }, peerId: 'alice' });
  const bob = await SignalingClient.connect({ server: { port: port + 1 }, peerId: 'bob' });
  for (const client of [alice, bob]) {
    const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    await client.request('join', { displayName: 'x', rtpCapabilities });
  }
  await alice.waitFor('newPeer', ({ peerId }) => peerId === 'bob');
  const children = await childrenOf(mesh.process.pid);
  expect(children).toHaveLength(3);
  mesh.process.kill('SIGINT');
  expect(await mesh.process.exited).toBe(0);
  await until(
    async () => (await Promise.all(children.map(lives))).every((alive) => !alive),
    'the end of all',
  );
});

test('mesh restarts its nodes one after the other when it is told to', async () => {
  const port = freePort();
  const options = ['--nodes', '2', '--port', String(port), '--rolling', '1'];
  await using mesh = new Program({ command: [...command, ...options] });
  await mesh.prints('node a: back');
  const [before] = await Promise.all([childrenOf(mesh.process.pid), mesh.prints('node b: restarting')]);
  await mesh.prints('node b: back');
  const after = await childrenOf(mesh.process.pid);
  // The bus and node a go on.
  expect(after.filter((pid) => before.includes(pid))).toHaveLength(2);
  const bob = await SignalingClient.connect({ server: { port: port + 1 }, peerId: 'bob' });
  await bob.request('getRouterRtpCapabilities', {});
  mesh.process.kill('SIGINT');
  expect(await mesh.process.exited).toBe(0);
});

test('mesh says what a node says that does not start, and leaves nothing running', async () => {
  const port = freePort();
  const taken = Bun.listen({ hostname: '127.0.0.1', port: port + 1, socket: { data() {} } });
  await using mesh = new Program({ command: [...command, '--nodes', '2', '--port', String(port)] });
  expect(await mesh.process.exited).toBe(1);
  taken.stop(true);
  await until(() => mesh.output.includes('node b ended. It said:'), 'the reason');
  expect(mesh.output).toContain(String(port + 1));
});

test('mesh says what is wrong with its options', async () => {
  expect(readMeshOptions([])).toEqual({ nodes: 3, port: 3000 });
  expect(readMeshOptions(['--help'])).toBe('help');
  expect(() => readMeshOptions(['--nodes', '0'])).toThrow(
    '--nodes: got "0", wants a whole number from 1 to 20',
  );
  expect(() => readMeshOptions(['--port', '80'])).toThrow('--port: got "80", wants a whole number from 1024');
  expect(readMeshOptions(['--rolling', '5'])).toEqual({ nodes: 3, port: 3000, rolling: 5 });
  expect(() => readMeshOptions(['--nodes', '1', '--rolling', '5'])).toThrow('--rolling wants two nodes');
  expect(() => readMeshOptions(['--node', '3'])).toThrow('npm run mesh -- [--nodes 3] [--port 3000]');
  const home = await mkdtemp(join(tmpdir(), 'tureen-mesh-'));
  const { exitCode, output } = await run([...command, '--nodes', 'x'], {
    environment: { ...process.env, HOME: home },
  });
  expect({ exitCode, output: output.trim() }).toEqual({
    exitCode: 1,
    output: 'tureen: --nodes: got "x", wants a whole number from 1 to 20',
  });
  await rm(home, { recursive: true });
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await Bun.file(`/proc/${pid}/task/${pid}/children`).text();
  return text.trim().split(/\s+/).map(Number);
}

async function lives(pid: number): Promise<boolean> {
  const stat = await Bun.file(`/proc/${pid}/stat`)
    .text()
    .catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}
