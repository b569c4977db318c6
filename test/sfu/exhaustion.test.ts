import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerBin as usualBin } from 'mediasoup';
import type { Server } from '../../src/app/server.ts';
import { TestController } from '../controllers/support.ts';
import { startServer } from '../support/server.ts';
import { Refused } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const maxDescriptors = 64;
const endpoint = { roomId: 'hall', peerId: 'telephone' };
let folder = '';
let limited = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-limited-'));
  limited = join(folder, 'worker.sh');
  await Bun.write(limited, `#!/bin/sh\nulimit -n ${maxDescriptors}\nexec "${usualBin}" "$@"\n`);
  await chmod(limited, 0o755);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function descriptors(server: Server): number {
  return readdirSync(`/proc/${server.sfu.pool.slots[0]?.live?.worker.pid}/fd`).length;
}

/** Opens plain transports until one is refused. */
async function openAll(controller: TestController): Promise<{ opened: string[]; refused: Refused }> {
  const opened: string[] = [];
  for (;;) {
    try {
      opened.push((await controller.ask('openPlainTransport', endpoint)).id);
    } catch (error) {
      if (error instanceof Refused) return { opened, refused: error };
      throw error;
    }
  }
}

const noDescriptors = {
  code: 'worker_unavailable',
  errorCode: 503,
  errorReason: expect.stringContaining('no file descriptors left; try again later'),
};

test('a worker without descriptors left says so, leaks nothing, and calls over WebRTC go on', async () => {
  const settings = { TUREEN_MAX_TRANSPORTS_PER_PEER: '64', TUREEN_CONTROLLER_GRACE_SECONDS: '0' };
  await using server = await startServer(settings, { workerBin: limited });
  const controller = await TestController.connect(server, { id: 'gateway' });
  await controller.ask('createEndpoint', endpoint);
  const before = descriptors(server);
  for (let round = 0; round < 3; round += 1) {
    const { opened, refused } = await openAll(controller);
    expect(refused).toMatchObject(noDescriptors);
    expect(server.sfu.peer(endpoint.roomId, endpoint.peerId).transports.size).toBe(opened.length);
    if (round === 0) await enter({ server, peerId: 'alice' });
    for (const transportId of opened)
      await controller.ask('closeEndpointTransport', { ...endpoint, transportId });
    await until(() => descriptors(server) === before, 'the descriptors');
  }
});

test('silent TCP connections to a media port take descriptors of the worker, and give them back', async () => {
  await using server = await startServer({}, { workerBin: limited });
  const controller = await TestController.connect(server, { id: 'gateway' });
  await controller.ask('createEndpoint', endpoint);
  const before = descriptors(server);
  const { client, sendTransport } = await enter({ server, peerId: 'alice' });
  const { iceCandidates } = await client.request('createWebRtcTransport', {
    forceTcp: true,
    producing: true,
  });
  const port = Number(iceCandidates[0]?.port);
  const sockets: Socket[] = [];
  for (let count = 0; count < 2 * maxDescriptors; count += 1)
    sockets.push(connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  await until(() => descriptors(server) === maxDescriptors, 'a worker without descriptors left');
  const open = () => controller.ask('openPlainTransport', endpoint);
  await expect(open()).rejects.toMatchObject(noDescriptors);
  // What needs no socket of its own goes on.
  await client.request('getTransportStats', { transportId: sendTransport });
  await enter({ server, peerId: 'bob' });
  for (const socket of sockets) socket.destroy();
  await until(() => descriptors(server) <= before, 'the descriptors');
  await open();
});
