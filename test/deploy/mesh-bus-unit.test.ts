import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busFiles, busFolder } from '../../deploy/bus/config.ts';
import { writeBuses } from '../../deploy/bus/write.ts';
import { BareHost, mayMakeHosts } from '../support/bare-host.ts';
import { BootedHost, bootable } from '../support/booted-host.ts';
import { mayMakeGroups } from '../support/control-groups.ts';
import { projectFolder } from '../support/program.ts';

setDefaultTimeout(240_000);

// Without root, or where no groups of processes may be made, no host can be booted.
describe.if(mayMakeHosts && mayMakeGroups)('the bus on a host that systemd runs', () => {
  let bare: BareHost;
  let host: BootedHost;
  let out: string;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'tureen-bus-unit-'));
    await writeBuses(out, [{ name: 'ams', host: '127.0.0.1' }]);
    bare = await BareHost.make(bootable);
    await bare.put('/usr/sbin/nats-server', '/usr/sbin/nats-server');
    const unit = 'tureen-bus.service';
    await bare.put(join(projectFolder, 'deploy/systemd', unit), `/etc/systemd/system/${unit}`);
    for (const name of await readdir(join(out, 'ams')))
      await bare.put(join(out, 'ams', name), `${busFolder}/${name}`);
    host = await BootedHost.boot(bare);
    // As install.sh leaves it.
    const steps = [
      'useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin tureen',
      'chown root:tureen /etc/tureen && chmod 0750 /etc/tureen',
      `chown -R tureen: ${busFolder} && chmod 0600 ${busFolder}/${busFiles.key}`,
    ];
    const prepared = await host.run('sh', '-ec', steps.join('\n'));
    if (prepared.exitCode !== 0) throw new Error(prepared.output);
  });

  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await bare?.[Symbol.asyncDispose]();
    await rm(out, { recursive: true, force: true });
  });

  const journal = async () =>
    (await host.run('journalctl', '-u', 'tureen-bus', '-o', 'cat', '--no-pager')).output;
  const mainPid = async () => Number(await host.property('tureen-bus', 'MainPID'));

  test('it starts with what was written for it, as the user of the node, and comes back when it is killed', async () => {
    expect((await host.run('systemctl', 'enable', '--now', 'tureen-bus')).exitCode).toBe(0);
    const readyTimes = async () => (await journal()).split('Server is ready').length - 1;
    await host.until('the bus', async () => (await readyTimes()) === 1);
    const first = await mainPid();
    const owner = (await host.run('id', '-u', 'tureen')).output.trim();
    const status = (await host.run('cat', `/proc/${first}/status`)).output;
    expect(status).toMatch(new RegExp(`^Uid:\\s${owner}\\s`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(await journal()).toContain('Starting JetStream');
    expect(await journal()).toContain('TLS required for client connections');
    await host.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', 'tureen-bus');
    await host.until('another process', async () => ![0, first].includes(await mainPid()));
    await host.until('the bus again', async () => (await readyTimes()) === 2);
  });

  test('it takes over new nodes without an end of connections, and is hardened', async () => {
    const before = await mainPid();
    await host.run('sh', '-c', `echo '# another node' >> ${busFolder}/${busFiles.nodes}`);
    expect((await host.run('systemctl', 'reload', 'tureen-bus')).exitCode).toBe(0);
    await host.until('the reload', async () => (await journal()).includes('Reloaded'));
    expect(await mainPid()).toBe(before);
    const rated = await host.run('systemd-analyze', 'security', '--no-pager', '--threshold=20', 'tureen-bus');
    expect(rated.output).toContain('Overall exposure level for tureen-bus.service');
    expect(rated.exitCode).toBe(0);
  });

  test('a stop is a good end', async () => {
    expect((await host.run('systemctl', 'stop', 'tureen-bus')).exitCode).toBe(0);
    expect(await host.property('tureen-bus', 'Result')).toBe('success');
  });
});
