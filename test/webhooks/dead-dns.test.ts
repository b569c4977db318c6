import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mayMakeHosts } from '../support/bare-host.ts';
import { Program } from '../support/program.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { entry } from './world.ts';

setDefaultTimeout(60_000);

async function enter(port: number, roomId: string): Promise<void> {
  const token = await tokenFor(roomId, 'alice');
  const client = await SignalingClient.connect({ server: { port }, roomId, token });
  await client.request('join', { displayName: 'Alice' });
}

// The server sees another /etc/resolv.conf than the machine, which takes a mount of its own.
test.if(mayMakeHosts)('a name server that does not answer delays no call', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-dns-'));
  let queries = 0;
  const hostname = `127.${1 + (process.pid % 250)}.53.53`;
  const data = () => {
    queries += 1;
  };
  const nameServer = await Bun.udpSocket({ hostname, port: 53, socket: { data } });
  try {
    const file = join(folder, 'resolv.conf');
    await Bun.write(file, `nameserver ${hostname}\noptions timeout:5 attempts:5\n`);
    const receivers = Array.from({ length: 8 }, (_, index) =>
      entry(`r${index}`, `https://r${index}.example.com/`),
    );
    const start = `mount --bind ${file} /etc/resolv.conf\nexec ${process.execPath} src/main.ts`;
    await using program = await Program.start({
      command: ['unshare', '--mount', 'sh', '-ec', start],
      environment: { ...withKeys, TUREEN_WEBHOOKS: JSON.stringify(receivers) },
    });
    for (let room = 0; room < 8; room += 1) await enter(program.port, `room ${room}`);
    // Each receiver waits for its name, in both families: more than a pool of threads has.
    await until(() => queries >= 16, 'the questions to the name server');
    const startedAt = performance.now();
    await enter(program.port, 'late');
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  } finally {
    nameServer.close();
    await rm(folder, { recursive: true });
  }
});
