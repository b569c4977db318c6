import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Glob } from 'bun';
import { BareHost, bareEnvironment, mayMakeHosts } from '../support/bare-host.ts';
import { Executable } from '../support/executable.ts';
import { Program } from '../support/program.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { Browser, seesAndHears, statistics } from './support.ts';

setDefaultTimeout(240_000);

let executable: Executable;

beforeAll(async () => {
  executable = await Executable.build();
});

afterAll(async () => {
  await executable[Symbol.asyncDispose]();
});

/** What a user who has just logged in has, and nothing that leads to this project's worker. */
const bare = { ...bareEnvironment, MEDIASOUP_WORKER_BIN: undefined };

describe('the single executable', () => {
  const run = (args: string[], environment: Record<string, string> = {}) =>
    Bun.spawnSync([executable.path, ...args], { env: { ...bareEnvironment, ...environment } });

  test('knows its commands, and explains them', () => {
    for (const asked of ['version', '--version', '-v'])
      expect(run([asked]).stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const asked of ['help', '--help', '-h']) {
      const help = run([asked]);
      expect(help.stdout.toString()).toContain('tureen doctor    examines this host');
      expect(help.exitCode).toBe(0);
    }
    const wrong = run(['serve']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr.toString()).toContain('unknown command "serve", expected one of');
  });

  test('prints tokens with the settings of the file, and says what is missing', async () => {
    expect(run(['token', '--room', 'x']).stderr.toString()).toContain(
      '--room and --peer, or --scopes, are required',
    );
    expect(run(['token', '--help']).stdout.toString()).toContain('tureen token --room x --peer y');
    const file = join(executable.folder, 'tureen.env');
    await Bun.write(file, 'TUREEN_API_KEY=app\nTUREEN_API_SECRET=a-secret-of-more-than-thirty-two-bytes\n');
    const printed = run(['token', '--room', 'x', '--peer', 'y'], { TUREEN_ENV_FILE: file });
    expect(printed.stdout.toString()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const none = run(['token', '--room', 'x', '--peer', 'y'], { TUREEN_ENV_FILE: '/nowhere' });
    expect(none.stderr.toString()).toContain(
      'TUREEN_ENV_FILE: got "/nowhere", wants a file that can be read',
    );
    expect(none.exitCode).toBe(1);
  });

  test('tells by its exit code whether the server answers, wherever that listens', async () => {
    const gone = run(['health'], { PORT: '1' });
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr.toString()).toContain('http://127.0.0.1:1/livez: ');
    await using server = await startServer({ HOST: '127.0.0.9', TUREEN_LISTEN_IP: '127.0.0.1' });
    const env = { ...bareEnvironment, PORT: String(server.port), HOST: '127.0.0.9' };
    // The server is in this process, which therefore must not stand still meanwhile.
    const asked = Bun.spawn([executable.path, 'health'], { env, stderr: 'pipe' });
    expect(await new Response(asked.stderr).text()).toBe('');
    expect(await asked.exited).toBe(0);
  });

  test('unpacks its worker into a private folder, and again when somebody changed it there', async () => {
    const unpackDir = join(executable.folder, 'unpacked');
    const environment = { ...bare, TUREEN_UNPACK_DIR: unpackDir };
    const options = { command: [executable.path], environment };
    {
      // The file of settings may say where, too.
      const file = join(executable.folder, 'unpack.env');
      await Bun.write(file, `TUREEN_UNPACK_DIR=${unpackDir}\n`);
      await using _ = await Program.start({ ...options, environment: { ...bare, TUREEN_ENV_FILE: file } });
    }
    const [path = ''] = [...new Glob('*/mediasoup-worker').scanSync(unpackDir)];
    const worker = join(unpackDir, path);
    expect((await Bun.file(worker).stat()).mode & 0o777).toBe(0o700);
    expect((await Bun.file(unpackDir).stat()).mode & 0o777).toBe(0o700);
    const whole = Bun.hash(await Bun.file(worker).arrayBuffer());
    // The worker of the first start may still be on its way out, and a file that runs cannot be written to.
    await rm(worker);
    await Bun.write(worker, 'changed');
    await using again = await Program.start(options);
    expect(Bun.hash(await Bun.file(worker).arrayBuffer())).toBe(whole);
    expect((await fetch(`http://127.0.0.1:${again.port}/readyz`)).status).toBe(200);
  });

  test('refuses a folder that others may write to, and says where it tried', () => {
    const child = Bun.spawnSync(
      ['sh', '-c', 'chmod 777 "$1" && exec "$0"', executable.path, executable.folder],
      {
        env: { ...bareEnvironment, TUREEN_UNPACK_DIR: executable.folder },
      },
    );
    expect(child.exitCode).toBe(1);
    expect(child.stderr.toString()).toContain(`others may write to it`);
  });
});

// Without root there is no bare host to run it on.
describe.if(mayMakeHosts)('on a host that has nothing else', () => {
  test('it takes a call of two browsers, drains on SIGTERM with the call alive to the deadline, and exits with 0', async () => {
    await using host = await BareHost.make();
    await host.put(executable.path, '/usr/local/bin/tureen');
    expect((await host.run(['sh', '-c', 'command -v bun node npm'])).output).toBe('');
    const doctor = await host.run(['tureen', 'doctor'], { PORT: '0', TUREEN_RTC_BASE_PORT: '0' });
    expect(doctor.output).toContain('ok       start of a media worker');
    expect(doctor.exitCode).toBe(0);
    await using program = await Program.start({
      command: host.inside(['tureen']),
      environment: { ...bare, TUREEN_DRAIN_SECONDS: '10' },
    });
    await using browser = await Browser.launch();
    const server = { port: program.port };
    const alice = await browser.open(server, { room: 'bare', name: 'Alice' });
    const bob = await browser.open(server, { room: 'bare', name: 'Bob' });
    await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
    program.process.kill('SIGTERM');
    await program.prints('drain');
    // The call goes on: frames that were decoded after the signal. Each page connects again at a moment of its own
    // before the deadline, so frames are added up over the streams that it had.
    const decoded = new Map<number, number>();
    const frames = async () => {
      for (const video of (await statistics(bob)).videos)
        decoded.set(video.ssrc, Math.max(video.frames, decoded.get(video.ssrc) ?? 0));
      return decoded.values().reduce((sum, count) => sum + count, 0);
    };
    const before = await frames();
    await eventually('more frames', frames, (count) => count > before + 15);
    expect(program.process.exitCode).toBeNull();
    expect(await program.process.exited).toBe(0);
    expect(program.logged('draining; a second signal ends at once')).toHaveLength(1);
  });
});
