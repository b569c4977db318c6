import { expect, setDefaultTimeout, test } from 'bun:test';
import { Caller } from '../rest/support.ts';
import { Program } from '../support/program.ts';
import { apiKey, testKey, testSecret, tokenFor } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { mayStall, StalledDisk } from '../support/stalled-disk.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

test.skipIf(!mayStall)(
  'a data disk that stalls holds nobody up, and a removal does not wait for it',
  async () => {
    await using disk = await StalledDisk.make();
    const keys = { TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret };
    await using program = await Program.start({ environment: { ...keys, ...disk.environment } });
    const enter = async (peerId: string) => {
      const token = await tokenFor('room', peerId);
      const client = await SignalingClient.connect({ server: program, peerId, token });
      await client.request('join', { displayName: peerId });
      return client;
    };
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const api = new Caller(program, await apiKey());
    const ready = () => fetch(`http://127.0.0.1:${program.port}/readyz`);
    const ban = (value: string) => api.post('/bans', { kind: 'identity', value });
    expect((await ban('stored')).status).toBe(201);

    disk.stall();
    const removal = api.call('/rooms/room/peers/bob', { method: 'DELETE' });
    // He is out, and everything else goes on, although the disk will say nothing.
    expect((await bob.closed).reason).toContain('removed');
    await alice.request('getRouterRtpCapabilities', {});
    expect((await fetch(`http://127.0.0.1:${program.port}/livez`)).status).toBe(200);
    const answer = await removal;
    expect(answer.status).toBe(204);
    expect(answer.headers.get('tureen-warning')).toContain('does not confirm what is written');
    expect((await ban('not confirmed')).json).toMatchObject({ code: 'storage_unavailable', status: 507 });
    const unready = await ready();
    expect(unready.status).toBe(503);
    expect(await unready.text()).toContain('does not confirm what is written');

    disk.goOn();
    await until(async () => (await ready()).ok, 'readiness');
    expect((await ban('stored again')).status).toBe(201);
  },
);
