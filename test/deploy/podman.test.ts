import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../worker/provide.ts';
import { BareHost, mayMakeHosts } from '../support/bare-host.ts';
import { mayMakeGroups } from '../support/control-groups.ts';
import { debianArchive } from '../support/debian.ts';
import { Podman } from '../support/podman.ts';
import { freePort } from '../support/port.ts';
import { Program, projectFolder } from '../support/program.ts';
import { succeed } from '../support/run.ts';
import { testKey, testSecret, tokenFor } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';

setDefaultTimeout(600_000);

const megabyte = 1_000_000;
const image = 'localhost/tureen';

/** Puts images under the names that deploy/Dockerfile begins with, of the same Debian that those are made of. */
async function importBaseImages(podman: Podman): Promise<void> {
  await podman.succeed('import', await debianArchive(), 'docker.io/library/debian:bookworm-slim');
  await using host = await BareHost.make();
  const environment = await host.giveNetwork();
  const node = Bun.which('node');
  const npm = Bun.which('npm');
  if (!node || !npm)
    throw new Error('the test of the image needs Node.js and npm, as the image of Node.js has them');
  await cp(await realpath(node), join(host.root, 'usr/local/bin/node'));
  const library = 'usr/local/lib/node_modules/npm';
  await cp(join(dirname(await realpath(npm)), '..'), join(host.root, library), { recursive: true });
  await host.run(['ln', '-s', `/${library}/bin/npm-cli.js`, '/usr/local/bin/npm']);
  const archive = `${host.root}.tar`;
  await succeed(['tar', '--numeric-owner', '-C', host.root, '-cf', archive, '.']);
  const changes = Object.entries(environment).map(([name, value]) => `--change=ENV ${name}=${value}`);
  await podman.succeed('import', ...changes, archive, 'docker.io/library/node:20-bookworm-slim');
  await succeed(['rm', archive]);
}

// Without root, or where no groups of processes may be made, there are no containers.
describe.if(mayMakeHosts && mayMakeGroups)('the Dockerfile', () => {
  let podman: Podman;

  beforeAll(async () => {
    podman = await Podman.make();
    await importBaseImages(podman);
  });

  afterAll(async () => {
    await podman[Symbol.asyncDispose]();
  });

  test('builds an image under 250 MB', async () => {
    // Building a media worker takes minutes, so that of this machine's cache is found.
    const cache = join(cacheFolder(process.env), 'tureen');
    const context = ['--network', 'host', '--volume', `${cache}:/root/.cache/tureen`, projectFolder];
    const how = ['--pull=never', '--isolation', 'chroot', '--format', 'docker', '--layers=false'];
    const dockerfile = join(projectFolder, 'deploy/Dockerfile');
    await podman.succeed('build', '-f', dockerfile, '-t', image, ...how, ...context);
    const size = Number(await podman.succeed('image', 'inspect', '--format', '{{.Size}}', image));
    console.log(`the image takes ${Math.round(size / megabyte)} MB`);
    expect(size).toBeGreaterThan(100 * megabyte);
    expect(size).toBeLessThan(250 * megabyte);
  });

  test('makes a container without rights and with a read-only file system, which drains when it is stopped', async () => {
    const port = freePort();
    const environment = {
      ...{ PORT: port, HOST: '127.0.0.1', TUREEN_LISTEN_IP: '127.0.0.1', TUREEN_RTC_BASE_PORT: 0 },
      ...{ TUREEN_WORKERS: 1, TUREEN_API_KEY: testKey, TUREEN_API_SECRET: testSecret },
    };
    const settings = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const secured = ['--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'];
    const places = ['--network', 'host', '--tmpfs', '/tmp', '-v', 'tureen:/data', '--stop-timeout', '330'];
    const command = podman.container('node', ...secured, ...places, ...settings, image);
    await using program = await Program.start({ command });
    const inside = (...args: string[]) => podman.run('exec', 'node', ...args);
    expect((await inside('id', '-u')).output).toBe('10001\n');
    expect((await inside('sh', '-c', 'touch /anything')).output).toContain('Read-only file system');
    expect((await inside('ls', '/data')).output).toContain('tureen.sqlite');
    expect((await inside('grep', 'CapEff', '/proc/1/status')).output).toContain('0000000000000000');
    expect((await podman.run('healthcheck', 'run', 'node')).exitCode).toBe(0);
    const server = { port };
    const alice = await SignalingClient.connect({ server, token: await tokenFor('room', 'alice') });
    await alice.request('join', { displayName: 'Alice' });
    const { iceCandidates } = await alice.request('createWebRtcTransport', { producing: true });
    expect(iceCandidates.length).toBeGreaterThan(0);
    const stopped = podman.run('stop', 'node');
    await alice.waitFor('draining');
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(await ready.json()).toMatchObject({ status: 'unready', reasons: ['the node is draining'] });
    await alice.request('leaveCall', {});
    await stopped;
    expect(await program.process.exited).toBe(0);
  });
});
