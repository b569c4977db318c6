import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BareHost, mayMakeHosts } from '../support/bare-host.ts';
import { BootedHost, bootable } from '../support/booted-host.ts';
import { mayMakeGroups } from '../support/control-groups.ts';
import { Executable } from '../support/executable.ts';
import { projectFolder } from '../support/program.ts';
import { tokenFor } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';

setDefaultTimeout(240_000);

// Without root, or where no groups of processes may be made, no host can be booted.
describe.if(mayMakeHosts && mayMakeGroups)('on a host that systemd runs', () => {
  let bare: BareHost;
  let host: BootedHost;
  let executable: Executable;

  beforeAll(async () => {
    executable = await Executable.build();
    bare = await BareHost.make(bootable);
    await mkdir(join(bare.root, 'opt/tureen'));
    await bare.put(executable.path, '/opt/tureen/tureen');
    for (const name of ['install.sh', 'systemd/tureen.service'])
      await bare.put(join(projectFolder, 'deploy', name), `/opt/tureen/${name.split('/').pop()}`);
    host = await BootedHost.boot(bare);
  });

  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await bare?.[Symbol.asyncDispose]();
    await executable?.[Symbol.asyncDispose]();
  });

  const install = () => host.run('sh', '/opt/tureen/install.sh');
  const journal = async () =>
    (await host.run('journalctl', '-u', 'tureen', '-o', 'cat', '--no-pager')).output;
  const mainPid = async () => Number(await host.property('tureen', 'MainPID'));
  const ready = () =>
    fetch(`http://${host.address}:3000/readyz`).then(
      async (answer) => ({ status: answer.status, body: await answer.json() }),
      () => undefined,
    );

  async function untilReady(): Promise<void> {
    await host.until('the readiness', async () => (await ready())?.status === 200);
  }

  /** A peer in a call, with a token of the secret that install.sh made. */
  async function callFrom(peerId: string): Promise<SignalingClient> {
    const settings = await Bun.file(join(bare.root, 'etc/tureen/tureen.env')).text();
    const secret = /^TUREEN_API_SECRET=(.*)$/m.exec(settings)?.[1];
    const token = await tokenFor('room', peerId, { key: 'app', secret });
    const client = await SignalingClient.connect({
      server: { port: 3000 },
      host: host.address,
      peerId,
      token,
    });
    await client.request('join', { displayName: peerId });
    return client;
  }

  test('install.sh starts it, and it is ready with the settings that it wrote', async () => {
    const installed = await install();
    expect(installed.output).toContain('installed and starting');
    expect(installed.exitCode).toBe(0);
    await untilReady();
    expect((await host.run('systemctl', 'is-enabled', 'tureen')).output).toBe('enabled\n');
    const alice = await callFrom('alice');
    const { iceCandidates } = await alice.request('createWebRtcTransport', { producing: true });
    expect(iceCandidates[0]?.address).toBe(host.address);
    await alice.close();
  });

  test('it runs as its user, without new rights, and writes to its own folders only', async () => {
    const status = (await host.run('cat', `/proc/${await mainPid()}/status`)).output;
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    const owner = (await host.run('id', '-u', 'tureen')).output.trim();
    expect(status).toMatch(new RegExp(`^Uid:\\s${owner}\\s`, 'm'));
    const inside = (...command: string[]) =>
      host.run('nsenter', '--target', String(inner), '--mount', ...command);
    const inner = await mainPid();
    expect((await inside('touch', '/etc/anything')).output).toContain('Read-only file system');
    expect((await inside('ls', '/var/lib/tureen')).output).toContain('tureen.sqlite');
    expect((await stat(join(bare.root, 'var/lib/tureen'))).mode & 0o777).toBe(0o700);
    const rated = await host.run('systemd-analyze', 'security', '--no-pager', '--threshold=20', 'tureen');
    expect(rated.output).toContain('Overall exposure level for tureen.service');
    expect(rated.exitCode).toBe(0);
  });

  test('the host can be examined while it runs, with the settings that it runs with', async () => {
    const examined = await host.run('tureen', 'doctor');
    expect(examined.output).toContain('settings: /etc/tureen/tureen.env');
    expect(examined.output).toMatch(/ports of Tureen \S+, which runs here/);
    expect(examined.output).toContain('ok       disk');
    expect(examined.exitCode).toBe(0);
    const printed = await host.run('tureen', 'token', '--room', 'room', '--peer', 'carol');
    const [token] = printed.output.split('\n');
    const server = { port: 3000 };
    const carol = await SignalingClient.connect({ server, host: host.address, peerId: 'carol', token });
    await carol.request('join', { displayName: 'Carol' });
    await carol.close();
    expect((await host.run('tureen', 'health')).exitCode).toBe(0);
  });

  test('a reload takes over what changed in the file of its settings', async () => {
    const before = await mainPid();
    await host.run('sh', '-c', 'echo TUREEN_MAX_PEERS_PER_ROOM=7 >> /etc/tureen/tureen.env');
    expect((await host.run('systemctl', 'reload', 'tureen')).exitCode).toBe(0);
    await host.until('the reload', async () => (await journal()).includes('configuration read again'));
    expect(await journal()).toContain('"setting":"TUREEN_MAX_PEERS_PER_ROOM","from":500,"to":7');
    expect(await mainPid()).toBe(before);
  });

  test('it comes back when it is killed, and leaves no media worker behind', async () => {
    const before = await mainPid();
    await host.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', 'tureen');
    await host.until('another process', async () => ![0, before].includes(await mainPid()));
    await untilReady();
    const workers = (await host.run('sh', '-c', 'grep -l mediasoup-worke /proc/[0-9]*/comm')).output;
    expect(workers.trim().split('\n').length).toBe(Number((await host.run('nproc')).output));
  });

  test('a newer version takes over once the calls have ended, with data and settings as they were', async () => {
    const settings = await Bun.file(join(bare.root, 'etc/tureen/tureen.env')).text();
    const data = (await stat(join(bare.root, 'var/lib/tureen/tureen.sqlite'))).ino;
    const before = await mainPid();
    const alice = await callFrom('alice');
    expect((await install()).exitCode).toBe(0);
    const { deadline } = await alice.waitFor('draining');
    expect(Number(deadline)).toBeGreaterThan(Date.now() + 200_000);
    expect(await ready()).toMatchObject({ status: 503, body: { reasons: ['the node is draining'] } });
    // The call goes on in the process that it began in.
    await alice.request('createWebRtcTransport', { producing: true });
    expect(await mainPid()).toBe(before);
    await alice.request('leaveCall', {});
    await host.until('the new process', async () => ![0, before].includes(await mainPid()));
    await untilReady();
    expect(await Bun.file(join(bare.root, 'etc/tureen/tureen.env')).text()).toBe(settings);
    expect((await stat(join(bare.root, 'var/lib/tureen/tureen.sqlite'))).ino).toBe(data);
  });

  test('a stop drains, and systemd takes the end for a good one', async () => {
    const alice = await callFrom('alice');
    await host.run('systemctl', 'stop', '--no-block', 'tureen');
    await alice.waitFor('draining');
    expect(await host.property('tureen', 'ActiveState')).toBe('deactivating');
    await alice.request('leaveCall', {});
    await host.until('the end', async () => (await host.property('tureen', 'ActiveState')) === 'inactive');
    expect(await host.property('tureen', 'Result')).toBe('success');
    expect(await host.property('tureen', 'ExecMainStatus')).toBe('0');
  });
});
