import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFlyFiles } from '../../deploy/fly/check.ts';
import { flyConfig, planNodes } from '../../deploy/fly/config.ts';
import { readConfig } from '../../src/config/config.ts';

const root = join(import.meta.dir, '..', '..');
const keys = { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: 'a-secret-that-is-long-enough-for-HS256' };

function filesOf(regions: string[]) {
  return planNodes({ regions }).map((node) => ({ name: node.app, text: flyConfig(node) }));
}

/** The mistakes of a good file in which one thing was changed. */
function mistakesAfter(find: string, replacement: string): string[] {
  const [file] = filesOf(['ams']);
  const text = file?.text ?? '';
  expect(text).toContain(find);
  return checkFlyFiles([{ name: 'fly.toml', text: text.replace(find, replacement) }]);
}

test('the fly.toml of the repository is what the generator writes for one node, and is good', async () => {
  const text = await Bun.file(join(root, 'fly.toml')).text();
  const [node] = planNodes({ regions: ['ams'] });
  expect(text).toBe(node ? flyConfig(node) : '');
  expect(checkFlyFiles([{ name: 'fly.toml', text }])).toEqual([]);
});

test('the server takes the environment of every generated file, and drains within the kill timeout', () => {
  for (const { text } of filesOf(['ams', 'fra'])) {
    const file = Bun.TOML.parse(text) as { env: Record<string, string>; kill_timeout: number };
    const config = readConfig({ ...keys, ...file.env });
    expect(config.drainSeconds).toBeLessThan(file.kill_timeout);
    expect(file.kill_timeout).toBeLessThanOrEqual(300);
  }
});

test('several nodes have names and ports of their own, also in the same region', () => {
  const files = filesOf(['ams', 'fra', 'ams']);
  expect(files.map(({ name }) => name)).toEqual(['tureen-ams', 'tureen-fra', 'tureen-ams-2']);
  expect(checkFlyFiles(files)).toEqual([]);
});

test('two nodes with the same app or port are told', () => {
  const [ams] = filesOf(['ams']);
  const mistakes = checkFlyFiles([
    { name: 'a', text: ams?.text ?? '' },
    { name: 'b', text: ams?.text ?? '' },
  ]);
  expect(mistakes[0]).toBe('b: the app tureen-ams is also in a; each node needs its own');
  expect(mistakes).toContain('b: udp port 40000 is also in a; each node needs its own');
});

test.each([
  ['    port = 40001', '    port = 41001', /service of port 40001 is 41001 outside/],
  ['    port = 40000', '    port = 40000\n    handlers = ["tls"]', /has handlers \(tls\)/],
  ['TUREEN_RTC_BASE_PORT = "40000"', 'TUREEN_RTC_BASE_PORT = "50000"', /udp services .* want 50000, 50001/],
  ['TUREEN_WORKERS = "2"', 'TUREEN_WORKERS = "3"', /want 40000, 40001, 40002/],
  ['TUREEN_DRAIN_SECONDS = "280"', 'TUREEN_DRAIN_SECONDS = "300"', /does not fit kill_timeout/],
  ['path = "/readyz"', 'path = "/livez"', /asks for none at \/readyz/],
  ['auto_stop_machines = "off"', 'auto_stop_machines = "stop"', /auto_stop_machines is not "off"/],
  ['kill_signal = "SIGTERM"', 'kill_signal = "SIGINT"', /^fly.toml: kill_signal/],
  ['kill_timeout = 300', 'kill_timeout = 400', /^fly.toml: kill_timeout/],
  ['strategy = "rolling"', 'strategy = "bluegreen"', /^fly.toml: deploy.strategy/],
  ['app = ', 'app ', /is not TOML/],
  ['app = "tureen-ams"', 'app = "Tureen Ams"', /^fly.toml: app/],
  ['TUREEN_METRICS_PORT = "9091"', 'TUREEN_METRICS_PORT = "9090"', /metrics.port is 9091, but .* is 9090/],
  ['TUREEN_METRICS_HOST = "::"', 'TUREEN_METRICS_HOST = "127.0.0.1"', /^fly.toml: env.TUREEN_METRICS_HOST/],
  ['path = "/metrics"', 'path = "/stats"', /^fly.toml: metrics.path/],
  ['PORT = "3000"', 'PORT = "40001"', /PORT is 40001, which is the port of a worker/],
  ['destination = "/data"', 'destination = "/else"', /mounts.destination is \/else, but TUREEN_DATA_DIR/],
  ['    port = 40001', '    port = 70001', /^fly.toml: services.*65535/],
])('a file with %p changed to %p is refused', (find, replacement, message) => {
  expect(mistakesAfter(find, replacement).join('\n')).toMatch(message);
});

test('the command writes a file for each node and checks them together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-fly-'));
  const run = (...args: string[]) =>
    Bun.spawnSync([process.execPath, 'scripts/fly-config.ts', ...args, '--out', folder], { cwd: root });
  try {
    const made = run('--nodes', 'ams,fra,iad', '--workers', '4');
    expect(made.stderr.toString()).toContain(
      'checked: fly.tureen-ams.toml, fly.tureen-fra.toml, fly.tureen-iad.toml',
    );
    expect(made.exitCode).toBe(0);
    const fra = join(folder, 'fly.tureen-fra.toml');
    await Bun.write(fra, (await Bun.file(fra).text()).replace('    port = 40004', '    port = 1'));
    const checked = run('--check');
    expect(checked.exitCode).toBe(1);
    expect(checked.stderr.toString()).toContain(
      'fly.tureen-fra.toml: the udp service of port 40004 is 1 outside',
    );
    expect(run('--nodes', 'Amsterdam').stderr.toString()).toContain('wants region codes');
    expect(run('--nodes', 'ams', '--prefix', 'My Calls').stderr.toString()).toContain('lowercase letters');
    expect(run('--help').stdout.toString()).toStartWith('npm run fly:config -- --nodes ams,fra,iad');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('with --mesh each node has a bus beside it, on the private network, and all of it fits together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-fly-'));
  const run = (...args: string[]) =>
    Bun.spawnSync([process.execPath, 'scripts/fly-config.ts', ...args, '--out', folder], { cwd: root });
  const change = async (name: string, find: string, replacement: string) => {
    const file = join(folder, name);
    const text = await Bun.file(file).text();
    expect(text).toContain(find);
    await Bun.write(file, text.replace(find, replacement));
    const checked = run('--check');
    await Bun.write(file, text);
    return checked.stderr.toString();
  };
  try {
    const made = run('--nodes', 'ams,iad,syd', '--prefix', 'mycalls', '--mesh');
    expect(made.stderr.toString()).toContain('checked: fly.mycalls-ams.toml');
    expect(made.exitCode).toBe(0);
    expect(made.stdout.toString()).toContain(
      'fly secrets set --stage -a mycalls-bus-ams BUS_KEY="$(base64 -w0 ',
    );
    const read = async (name: string) =>
      Bun.TOML.parse(await Bun.file(join(folder, name)).text()) as {
        env: Record<string, string>;
        files: { guest_path: string; raw_value?: string; secret_name?: string }[];
      };
    const node = await read('fly.mycalls-iad.toml');
    const config = readConfig({ ...keys, ...node.env });
    expect(config).toMatchObject({
      node: 'mycalls-iad',
      busUrls: ['tls://mycalls-bus-iad.internal:4222'],
      busCredentials: '/etc/tureen/bus/node.seed',
      busCa: '/etc/tureen/bus/ca.pem',
    });
    const bus = await read('bus.mycalls-bus-iad.toml');
    const text = Buffer.from(bus.files[0]?.raw_value ?? '', 'base64').toString();
    expect(text).toContain('host: "fly-local-6pn"');
    expect(text).toContain('"nats-route://mycalls-bus-syd.internal:6222"');
    // No key is in a file that is deployed.
    for (const name of ['fly.mycalls-iad.toml', 'bus.mycalls-bus-iad.toml']) {
      const texts = (await read(name)).files.map(({ raw_value = '' }) =>
        Buffer.from(raw_value, 'base64').toString(),
      );
      expect(texts.join('\n')).not.toMatch(/PRIVATE KEY|\bSU[A-Z2-7]{56}\b/);
    }
    const fly = 'fly.mycalls-ams.toml';
    expect(await change(fly, 'mycalls-bus-ams.internal', 'mycalls-bus-fra.internal')).toContain(
      `${fly}: TUREEN_BUS_URL is tls://mycalls-bus-fra.internal:4222, and there is no such bus`,
    );
    expect(await change(fly, 'TUREEN_NODE = "mycalls-ams"', 'TUREEN_NODE = "else"')).toContain(
      'the buses know',
    );
    expect(await change(fly, 'TUREEN_BUS_SEED', 'OTHER')).toContain(
      'has no file of the secret TUREEN_BUS_SEED',
    );
    const ams = 'bus.mycalls-bus-ams.toml';
    expect(await change(ams, 'primary_region = "ams"', 'primary_region = "fra"')).toContain(
      'is in fra, not in ams',
    );
    expect(await change(ams, '[[restart]]', '[[services]]\n[[restart]]')).toContain('publishes a service');
    expect(await change(ams, 'bus/nodes.conf"', 'bus/other.conf"')).toContain(
      'has no file /etc/tureen/bus/nodes.conf',
    );
    expect(await change(ams, '/var/lib/tureen-bus', '/data')).toContain(`${ams}: mounts.destination`);
    // A second run keeps the keys, so that what is deployed goes on to work.
    const seed = await Bun.file(join(folder, 'bus/mycalls-ams/node.seed')).text();
    expect(run('--nodes', 'ams,iad,syd,fra', '--prefix', 'mycalls', '--mesh').exitCode).toBe(0);
    expect(await Bun.file(join(folder, 'bus/mycalls-ams/node.seed')).text()).toBe(seed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
