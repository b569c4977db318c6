import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { workerBin } from 'mediasoup';
import { BareHost, bareEnvironment, mayMakeHosts } from '../support/bare-host.ts';
import { Program, projectFolder } from '../support/program.ts';

setDefaultTimeout(240_000);

const megabyte = 1_000_000;
/** What debian:bookworm-slim takes, rounded up. */
const baseImage = 80 * megabyte;

const onLoopback = { ...bareEnvironment, HOST: '127.0.0.1', TUREEN_LISTEN_IP: '127.0.0.1' };
const withoutWorker = { ...onLoopback, MEDIASOUP_WORKER_BIN: undefined };

async function sizeOf(path: string): Promise<number> {
  const { stdout } = Bun.spawnSync(['du', '-sb', path]);
  return Number.parseInt(stdout.toString(), 10);
}

/** Copies the sources as `COPY . .` does, without what .dockerignore names. */
async function copySources(target: string): Promise<void> {
  const ignored = (await Bun.file(join(projectFolder, '.dockerignore')).text())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `--exclude=${line.startsWith('**/') ? line.slice(3) : `./${line}`}`);
  await mkdir(target);
  const pack = Bun.spawn(['tar', '-C', projectFolder, ...ignored, '-c', '.'], { stdout: 'pipe' });
  const unpack = Bun.spawn(['tar', '-C', target, '-x'], { stdin: pack.stdout });
  if ((await unpack.exited) !== 0) throw new Error('the sources could not be copied');
}

// Without root there is no host to run the steps in.
describe.if(mayMakeHosts)('in a Debian that has nothing else', () => {
  let host: BareHost;

  beforeAll(async () => {
    host = await BareHost.make();
  });

  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  test('the first stage of the image builds the executable from the sources', async () => {
    const network = await host.giveNetwork();
    await copySources(join(host.root, 'src'));
    // The stage has npm, which fetches this same Bun; and building a worker takes minutes, so it is given one.
    await host.put(process.execPath, '/usr/local/bin/bun');
    await host.put(workerBin, '/usr/local/bin/mediasoup-worker');
    const environment = { ...network, MEDIASOUP_WORKER_BIN: '/usr/local/bin/mediasoup-worker' };
    const built = await host.run(['sh', '-c', 'cd /src && sh deploy/image/build.sh /out'], environment);
    expect(built.output).toContain('built ../out/tureen');
    expect(built.exitCode).toBe(0);
    await host.run([
      'sh',
      '-c',
      'mv /out/tureen /usr/local/bin/tureen && rm -rf /src /out /root/.bun /root/.cache',
    ]);
    await host.run(['rm', '/usr/local/bin/bun', '/usr/local/bin/mediasoup-worker']);
  });

  test('the second stage makes the user and unpacks the worker, and the image stays under 250 MB', async () => {
    await host.put(join(projectFolder, 'deploy/image/prepare.sh'), '/tmp/prepare.sh');
    const prepared = await host.run(['sh', '/tmp/prepare.sh']);
    expect(prepared.output).toMatch(/^\/opt\/tureen\/[0-9a-f]{16}\n$/);
    expect(prepared.exitCode).toBe(0);
    const sizes = await Promise.all(
      ['usr/local/bin/tureen', 'opt/tureen'].map((path) => sizeOf(join(host.root, path))),
    );
    const size = sizes.reduce((sum, bytes) => sum + bytes, baseImage);
    console.log(
      `the image takes about ${Math.round(size / megabyte)} MB, ${baseImage / megabyte} of them Debian`,
    );
    expect(size).toBeLessThan(250 * megabyte);
  });

  test('it runs without rights on a read-only file system, is healthy, and drains on SIGTERM', async () => {
    const inside = { user: 'tureen:tureen', readOnlyBut: '/data' };
    const image = { TUREEN_UNPACK_DIR: '/opt/tureen', TUREEN_DATA_DIR: '/data' };
    await using program = await Program.start({
      command: host.inside(['tureen'], inside),
      environment: { ...withoutWorker, ...image },
    });
    const { stdout } = Bun.spawnSync(['ps', '-o', 'uid=', '-p', String(program.process.pid)]);
    expect(Number(stdout.toString())).toBe(10001);
    const health = (port: number) => host.run(['tureen', 'health'], { PORT: String(port) });
    expect((await health(program.port)).exitCode).toBe(0);
    expect((await health(1)).exitCode).toBe(1);
    program.process.kill('SIGTERM');
    expect(await program.process.exited).toBe(0);
  });

  test('install.sh makes the user, the settings with a secret, and the unit, and keeps the settings later', async () => {
    await host.run(['userdel', 'tureen']);
    for (const name of ['install.sh', 'systemd/tureen.service'])
      await host.put(join(projectFolder, 'deploy', name), `/tmp/${name.split('/').pop()}`);
    const install = () => host.run(['sh', '/tmp/install.sh', '/usr/local/bin/tureen']);
    const first = await install();
    expect(first.output).toContain('created the user tureen');
    expect(first.output).toContain('systemd does not run here');
    expect(first.exitCode).toBe(0);
    const settings = join(host.root, 'etc/tureen/tureen.env');
    const written = await Bun.file(settings).text();
    expect(written).toMatch(/^TUREEN_API_SECRET=[0-9a-f]{64}$/m);
    expect((await stat(settings)).mode & 0o777).toBe(0o640);
    expect((await install()).exitCode).toBe(0);
    expect(await Bun.file(settings).text()).toBe(written);
    const missing = await host.run(['sh', '/tmp/install.sh', '/nowhere']);
    expect(missing.output).toContain('there is no executable at /nowhere');
  });

  test('what was installed starts as its user with the settings of the file', async () => {
    await using program = await Program.start({
      command: host.inside(['tureen'], { user: 'tureen:tureen' }),
      environment: {
        ...withoutWorker,
        HOME: '/nonexistent',
        TUREEN_ENV_FILE: '/etc/tureen/tureen.env',
      },
    });
    expect(program.logged('ready')[0]).toMatchObject({ developmentMode: false });
  });

  test.if(Bun.which('systemd-analyze') !== null)('systemd finds nothing wrong with the unit', () => {
    const unit = join(projectFolder, 'deploy/systemd/tureen.service');
    const verified = Bun.spawnSync([
      'systemd-analyze',
      'verify',
      `--root=${host.root}`,
      '/etc/systemd/system/tureen.service',
    ]);
    const about = verified.stderr
      .toString()
      .split('\n')
      .filter((line) => line.includes('tureen.service'))
      // There is no systemd inside, and so none of its targets.
      .filter((line) => !line.includes('sysinit.target'));
    expect(about).toEqual([]);
    const rated = Bun.spawnSync(['systemd-analyze', 'security', '--offline=true', '--threshold=20', unit]);
    expect(rated.exitCode).toBe(0);
  });
});
