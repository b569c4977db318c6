import { expect, setDefaultTimeout, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { Program } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

const mostFiles = 600;
const warning =
  'few file descriptors are left, so new connections are refused; raise the limit of open files';

test('near the limit of open files sockets are refused, and taken again when others have gone', async () => {
  await using program = await Program.start({
    command: ['sh', '-c', `ulimit -n ${mostFiles} && exec "$0" src/main.ts`, process.execPath],
    environment: { TUREEN_JOIN_SECONDS: '600' },
  });
  const ask = (path: string) => fetch(`http://127.0.0.1:${program.port}${path}`);
  const open: RawSocket[] = [];
  const statusOfNext = async () => {
    const socket = new RawSocket({ server: program, peerId: `peer ${open.length}` });
    open.push(socket);
    return await socket.status;
  };
  let status = await statusOfNext();
  while (status === 101 && open.length < mostFiles) status = await statusOfNext();
  expect(status).toBe(503);
  expect(open.length).toBeGreaterThan(mostFiles / 2);
  expect(open.length).toBeLessThan(mostFiles - 128 - 64);

  const unready = await ask('/readyz');
  expect(unready.status).toBe(503);
  expect(await unready.text()).toContain(`of ${mostFiles} file descriptors are open`);
  expect((await ask('/livez')).status).toBe(200);
  const refused = /^tureen_connections_refused_total\{code="overloaded".*\} (\d+)$/m;
  expect(refused.exec(await (await ask('/metrics')).text())?.[1]).toBe('1');
  for (let count = 0; count < 20; count += 1) expect(await statusOfNext()).toBe(503);

  for (const socket of open.splice(100)) socket.close();
  let ready = false;
  while (!ready) ready = (await ask('/readyz')).ok;
  expect(await statusOfNext()).toBe(101);
  await until(() => program.logged('there are file descriptors enough again').length === 1);
  expect(program.logged(warning).length).toBe(1);
  for (const socket of open) socket.close();
});

test('when silent connections take every descriptor, calls go on, workers are replaced, and the port opens again', async () => {
  await using program = await Program.start({
    command: ['sh', '-c', `ulimit -n ${mostFiles} && exec "$0" src/main.ts`, process.execPath],
  });
  const { port } = program;
  const alice = await SignalingClient.connect({ server: program });
  await alice.request('createWebRtcTransport', { producing: true });
  const flood: Socket[] = [];
  for (let count = 0; count < 2 * mostFiles; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    flood.push(socket);
  }
  const closed =
    'no file descriptors are left for connections, so the port is closed until some are; open connections go on';
  await until(() => program.logged(closed).length === 1, 'the port to be closed');
  // Refused, and not left to hang.
  expect(await fetch(`http://127.0.0.1:${port}/livez`).catch(({ code }) => code)).toBe('ECONNREFUSED');
  await alice.request('getRouterRtpCapabilities', {});
  // A worker takes several descriptors.
  process.kill(Number(program.logged('workerStarted')[0]?.pid), 'SIGKILL');
  await until(() => program.logged('workerStarted').length === 2, 'the next worker');
  await alice.request('createWebRtcTransport', { producing: true });

  for (const socket of flood) socket.destroy();
  await until(() => program.logged('the port is open again').length === 1, 'the port to open');
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  const bob = await SignalingClient.connect({ server: program, peerId: 'bob' });
  await bob.request('getRouterRtpCapabilities', {});
});
