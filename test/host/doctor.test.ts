import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version, workerBin } from 'mediasoup';
import { doctor } from '../../src/cli/doctor.ts';
import { probeMedia } from '../../src/cli/probe.ts';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import type { Finding } from '../../src/host/doctor/check.ts';
import { type CheckResult, runChecks } from '../../src/host/doctor/checks.ts';
import { type CheckContext, hostContext } from '../../src/host/doctor/context.ts';
import { SelfCheck } from '../../src/host/doctor/self-check.ts';
import { MARKER_PREFIX } from '../../worker/recipe.ts';
import { makeCertificate } from '../support/certificate.ts';
import { TestClock } from '../support/clock.ts';
import { freePortForBoth } from '../support/port.ts';
import { Program, projectFolder } from '../support/program.ts';
import { startServer, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';

const keys = { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: 'a-secret-that-is-long-enough-for-HS256' };
const quiet = { PORT: '0', TUREEN_RTC_BASE_PORT: '0', TUREEN_WORKERS: '1' };
const local = { ...keys, ...quiet, HOST: '127.0.0.1', TUREEN_LISTEN_IP: '127.0.0.1' };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tureen-doctor-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const findingsOf = (results: readonly CheckResult[]) => results.flatMap(({ findings: found }) => found);

/** A host without problems, except for what the test changes. */
function contextOf(environment: Environment = {}, changed: Partial<CheckContext> = {}): CheckContext {
  const config = readConfig({ ...quiet, ...environment });
  return { ...hostContext(config, workerBin), clockSynchronized: () => true, ...changed };
}

/** The findings of one check. */
async function findings(
  check: string,
  environment: Environment = {},
  changed: Partial<CheckContext> = {},
): Promise<Finding[]> {
  return findingsOf(await runChecks(contextOf(environment, changed), ({ name }) => name === check));
}

async function expectOne(found: Promise<Finding[]>, severity: Finding['severity'], what: RegExp) {
  const all = await found;
  expect(all.map((one) => [one.severity, one.what])).toEqual([[severity, expect.stringMatching(what)]]);
  for (const { why, remedy } of all) {
    expect(why).toEndWith('.');
    expect(remedy.length).toBeGreaterThan(20);
  }
}

test('a host on which everything is well has no finding', async () => {
  expect(findingsOf(await runChecks(contextOf()))).toEqual([]);
});

describe('the media worker', () => {
  test('that is missing is fatal', async () => {
    const bin = join(folder, 'nowhere');
    await expectOne(
      findings('media worker', {}, { workerBin: bin }),
      'fatal',
      /nowhere cannot be executed: ENOENT/,
    );
  });

  test('that may not be run is fatal', async () => {
    const bin = join(folder, 'plain-file');
    await Bun.write(bin, 'not a program');
    await chmod(bin, 0o644);
    await expectOne(
      findings('media worker', {}, { workerBin: bin }),
      'fatal',
      /plain-file cannot be executed: EACCES/,
    );
  });

  test('of another version is fatal, and both versions are told', async () => {
    const bin = join(folder, 'old-worker');
    await Bun.write(bin, `\x7fELF ${MARKER_PREFIX}3.1.4\0`);
    await chmod(bin, 0o755);
    const what = new RegExp(
      `old-worker is of mediasoup 3.1.4, but ${version.replaceAll('.', '\\.')} is needed`,
    );
    await expectOne(findings('media worker', {}, { workerBin: bin }), 'fatal', what);
  });

  test('that does not start is fatal', async () => {
    const found = findings('start of a media worker', {}, { workerBin: '/bin/false' });
    await expectOne(found, 'fatal', /\/bin\/false does not start/);
  });
});

describe('ports', () => {
  test('that another program has are fatal, by TCP and by UDP', async () => {
    const tcp = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    const udp = createSocket('udp4');
    // One whose TCP side nobody has: that would be a finding of its own.
    const port = await freePortForBoth();
    await new Promise<void>((resolve) => udp.bind({ address: '127.0.0.1', port }, () => resolve()));
    try {
      const http = { ...local, PORT: String(tcp.port) };
      await expectOne(
        findings('ports', http),
        'fatal',
        /^TCP 127.0.0.1 port \d+ cannot be bound: another program uses it/,
      );
      const admin = { ...local, TUREEN_ADMIN_PORT: String(tcp.port) };
      expect((await findings('ports', admin))[0]?.remedy).toContain('TUREEN_ADMIN_PORT');
      const media = { ...local, TUREEN_RTC_BASE_PORT: String(udp.address().port) };
      await expectOne(
        findings('ports', media),
        'fatal',
        /^UDP 127.0.0.1 port \d+ cannot be bound: another program uses it/,
      );
    } finally {
      tcp.stop();
      udp.close();
    }
  });

  test('on an address that is not of this host are fatal', async () => {
    const found = await findings('ports', { ...local, TUREEN_LISTEN_IP: '203.0.113.77' });
    expect(found.map(({ what }) => what.replace(/port \d+/, 'port'))).toEqual([
      'UDP 203.0.113.77 port cannot be bound: this host does not have that address',
      'TCP 203.0.113.77 port cannot be bound: this host does not have that address',
    ]);
  });

  test('that do not answer at the announced address are told, by UDP and by TCP', async () => {
    const port = await freePortForBoth();
    const media = { ...local, TUREEN_RTC_BASE_PORT: String(port) };
    expect(await findings('ports', media)).toEqual([]);
    const found = await findings('ports', { ...media, TUREEN_ANNOUNCED_ADDRESS: '127.0.0.9' });
    expect(found.map(({ severity, what }) => `${severity} ${what}`)).toEqual([
      `warning this host cannot reach its own announced address 127.0.0.9 port ${port} by UDP`,
      `warning this host cannot reach its own announced address 127.0.0.9 port ${port} by TCP`,
    ]);
  });
});

test('in development mode media ports have no finding, though one of them is not on loopback', async () => {
  const media = { PORT: '0', TUREEN_RTC_BASE_PORT: String(await freePortForBoth()) };
  expect(await findings('ports', media)).toEqual([]);
});

describe('the announced address', () => {
  const announce = (addresses: string, more = {}) =>
    findings('announced address', { ...keys, TUREEN_ANNOUNCED_ADDRESS: addresses, ...more });

  test('that is no host is fatal', async () => {
    await expectOne(announce('0.0.0.0'), 'fatal', /the address 0\.0\.0\.0 is announced/);
  });

  test('that is private is a warning, on Fly.io fatal, and beside a public one nothing', async () => {
    await expectOne(announce('10.1.2.3,fd00::7'), 'warning', /only 10\.1\.2\.3, fd00::7 is announced/);
    await expectOne(announce('10.1.2.3', { FLY_APP_NAME: 'x' }), 'fatal', /only 10\.1\.2\.3 is announced/);
    expect(await announce('10.1.2.3,203.0.113.7')).toEqual([]);
  });

  test('of a family that no port listens on is told', async () => {
    const found = announce('203.0.113.7,2001:db8::7', { TUREEN_LISTEN_IP: '203.0.113.7' });
    await expectOne(found, 'warning', /2001:db8::7 is announced, but no media port listens/);
    // Also in development mode, and fatal when no other is announced.
    const alone = announce('::1', { TUREEN_API_KEY: undefined, TUREEN_API_SECRET: undefined });
    await expectOne(alone, 'fatal', /::1 is announced, but no media port listens/);
  });
});

describe('the certificate', () => {
  test('that expires soon is told, and one that has expired or is missing is fatal', async () => {
    const { cert, key } = await makeCertificate(folder, 'doctor.test', { days: 10 });
    const files = { TUREEN_TLS_CERT: cert, TUREEN_TLS_KEY: key };
    await expectOne(findings('certificate', files), 'warning', /doctor.test.crt expires in 9 days/);
    const now = () => Date.now() + 11 * 24 * 3600 * 1000;
    await expectOne(findings('certificate', files, { now }), 'fatal', /doctor.test.crt expired on/);
    await expectOne(
      findings('certificate', { ...files, TUREEN_TLS_KEY: '/nowhere' }),
      'fatal',
      /\/nowhere cannot be read/,
    );
  });
});

describe('the host', () => {
  test('a low limit of open files is told, a very low one is fatal', async () => {
    const run = (limit: number) =>
      Bun.spawnSync(['sh', '-c', `ulimit -n ${limit}; exec "$0" scripts/doctor.ts`, process.execPath], {
        cwd: projectFolder,
        env: { ...process.env, ...quiet, MEDIASOUP_WORKER_BIN: workerBin },
      });
    const low = run(1024);
    expect(low.stdout.toString()).toContain('warning  open files: only 1024 files may be open at once');
    expect(low.exitCode).toBe(0);
    const veryLow = run(256);
    expect(veryLow.stdout.toString()).toContain('fatal    open files: only 256 files may be open at once');
    expect(veryLow.exitCode).toBe(1);
  });

  test('a clock in the past is fatal, one that is not synchronized a warning', async () => {
    await expectOne(findings('clock', {}, { now: () => 0 }), 'fatal', /the clock shows 1970-01-01/);
    await expectOne(
      findings('clock', {}, { clockSynchronized: () => false }),
      'warning',
      /the clock of this host is not synchronized/,
    );
  });

  test('too little memory for the workers is told', async () => {
    const memory = async () => 256 * 1024 * 1024;
    const found = findings('memory', { TUREEN_WORKERS: '8' }, { memory });
    await expectOne(
      found,
      'warning',
      /256 MB of memory are available, and a server with 8 workers needs 662 MB/,
    );
  });

  test('an interface with a small MTU is told', async () => {
    await mkdir(join(folder, 'net', 'wan0'), { recursive: true });
    await Bun.write(join(folder, 'net', 'wan0', 'mtu'), '1000\n');
    const address = {
      address: '203.0.113.7',
      netmask: '',
      family: 'IPv4',
      mac: '',
      internal: false,
      cidr: null,
    };
    const interfaces = (() => ({
      wan0: [address],
      lo: [{ ...address, internal: true }],
    })) as CheckContext['interfaces'];
    const found = findings('MTU', {}, { interfaces, netFolder: join(folder, 'net') });
    await expectOne(found, 'warning', /wan0 has an MTU of 1000, and at least 1280 is needed/);
  });

  // Only root may mount a disk as small as this one.
  test.if(process.getuid?.() === 0)('a disk that is full is fatal', async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    expect(mounted.exitCode).toBe(0);
    try {
      await expectOne(findings('disk', { TUREEN_DATA_DIR: disk }), 'fatal', /[01] MB are free in/);
    } finally {
      Bun.spawnSync(['umount', disk]);
    }
    expect(await findings('disk', { TUREEN_DATA_DIR: folder })).toEqual([]);
  });
});

describe('the bus', () => {
  const withBus = {
    TUREEN_BUS_URL: 'tls://bus.example.com:4222',
    TUREEN_BUS_CREDENTIALS: '/etc/tureen/bus/node.seed',
    TUREEN_CLUSTER_ADDRESS: '127.0.0.1',
  };
  type Probe = Extract<Awaited<ReturnType<CheckContext['probeBus']>>, { failure: undefined }>;
  const node: Probe['nodes'][number] = {
    ...{ name: 'iad', foreignVersion: null, pipeAddress: '127.0.0.1', roundTrip: 80, clockOffset: 0 },
  };
  const good: Probe = {
    ...{ failure: undefined, roundTrip: 1, jetStream: true, bucketFailure: null, nodes: [node] },
  };
  const probed = (probe: Awaited<ReturnType<CheckContext['probeBus']>>) =>
    findings('bus', withBus, { probeBus: async () => probe });
  const withNode = (changed: Partial<typeof node>) => probed({ ...good, nodes: [{ ...node, ...changed }] });

  test('that is well is no finding, and no bus is none either', async () => {
    expect(await probed(good)).toEqual([]);
    expect(await findings('bus')).toEqual([]);
    expect(await findings('pipe ports')).toEqual([]);
  });

  test.each([
    ['Authorization Violation', /TUREEN_BUS_CREDENTIALS \(\/etc\/tureen\/bus\/node\.seed\)/],
    ['unable to verify the first certificate', /TUREEN_BUS_CA \(not set\)/],
    ['connection refused', /systemctl status tureen-bus/],
  ])('that cannot be used is fatal: %s', async (failure, remedy) => {
    const found = probed({ failure });
    await expectOne(
      found,
      'fatal',
      new RegExp(`the bus \\(tls://bus.example.com:4222\\) cannot be used: ${failure}`),
    );
    expect((await found)[0]?.remedy).toMatch(remedy);
  });

  test('without JetStream, or far away, is told', async () => {
    await expectOne(probed({ ...good, jetStream: false }), 'warning', /has no JetStream/);
    const bucketFailure = 'no suitable peers for placement';
    await expectOne(probed({ ...good, bucketFailure }), 'warning', /cannot be kept there: no suitable peers/);
    await expectOne(probed({ ...good, roundTrip: 140.4 }), 'warning', /takes 140 ms to answer/);
  });

  test('a node of another version, one that does not answer, and one that is far are named', async () => {
    await expectOne(
      withNode({ foreignVersion: 7, roundTrip: undefined }),
      'warning',
      /"iad" speaks version 7/,
    );
    await expectOne(
      withNode({ roundTrip: undefined }),
      'warning',
      /"iad" says that it lives, and does not answer/,
    );
    await expectOne(withNode({ roundTrip: 520 }), 'warning', /"iad" is 520 ms away/);
  });

  test('a clock that is wrong is named with its direction', async () => {
    await expectOne(
      withNode({ clockOffset: 3_600_000 }),
      'warning',
      /clock of node "iad" is 3600\.0 s ahead/,
    );
    await expectOne(withNode({ clockOffset: -2500 }), 'warning', /clock of node "iad" is 2\.5 s behind/);
    expect(await withNode({ clockOffset: -1500 })).toEqual([]);
  });

  test('of two nodes one that takes media on loopback is named, with what to set there', async () => {
    await expectOne(
      withNode({ pipeAddress: '10.0.0.8' }),
      'warning',
      /this node takes media of other nodes at 127\.0\.0\.1, which is loopback, and node "iad" does not/,
    );
    const own = { ...withBus, TUREEN_CLUSTER_ADDRESS: '10.0.0.7' };
    const probe = { ...good, nodes: [node] };
    const found = findings('bus', own, { probeBus: async () => probe });
    await expectOne(found, 'warning', /node "iad" takes media of other nodes at 127\.0\.0\.1/);
    expect((await found)[0]?.remedy).toStartWith('Set TUREEN_CLUSTER_ADDRESS on node "iad"');
  });

  test('ports for pipes that are free and reach this host are no finding, one that is taken is told', async () => {
    const port = await freePortForBoth();
    const environment = { ...withBus, TUREEN_PIPE_PORTS: `${port}-${port}` };
    expect(await findings('pipe ports', environment)).toEqual([]);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
    await expectOne(
      findings('pipe ports', environment),
      'warning',
      /port \d+ cannot be bound: another program/,
    );
    socket.close();
    const elsewhere = { ...environment, TUREEN_CLUSTER_ADDRESS: '203.0.113.77' };
    await expectOne(findings('pipe ports', elsewhere), 'fatal', /203\.0\.113\.77 port \d+ cannot be bound/);
  });
});

describe('on Fly.io', () => {
  const fly = { FLY_APP_NAME: 'tureen-ams', ...keys };

  test('a second machine is fatal, for all UDP goes to one of them', async () => {
    const machinesOf = async (app: string) => (app === 'tureen-ams' ? 2 : 0);
    await expectOne(findings('Fly.io', fly, { machinesOf }), 'fatal', /tureen-ams has 2 machines/);
  });

  test('development mode is fatal, and a drain that does not fit is told', async () => {
    const machinesOf = async () => 1;
    await expectOne(findings('Fly.io', { FLY_APP_NAME: 'x' }, { machinesOf }), 'fatal', /development mode/);
    const slow = { ...fly, TUREEN_DRAIN_SECONDS: '600' };
    await expectOne(findings('Fly.io', slow, { machinesOf }), 'warning', /a drain takes up to 600 seconds/);
  });
});

test('a check that fails is a warning and does not fail the others', async () => {
  const interfaces = () => {
    throw new Error('no interfaces here');
  };
  const results = await runChecks(contextOf({}, { interfaces }), ({ onlyOnDemand }) => !onlyOnDemand);
  expect(findingsOf(results).map(({ what }) => what)).toEqual(['the check "MTU" failed: no interfaces here']);
});

describe('the command', () => {
  test('prints what, why and what to do, and its exit code tells of a fatal finding', async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const environment = { ...local, TUREEN_ANNOUNCED_ADDRESS: '0.0.0.0' };
    expect(await doctor({ environment, workerBin, print, context: { clockSynchronized: () => true } })).toBe(
      1,
    );
    const at = lines.findIndex((line) =>
      line.startsWith('fatal    announced address: the address 0.0.0.0 is announced'),
    );
    expect(lines[at + 1]).toStartWith('         why it matters: ');
    expect(lines[at + 2]).toStartWith('         what to do: ');
    expect(lines.at(-1)).toBe('13 checks, 1 fatal findings, 0 warnings.');
  });

  test('asks the media ports of a server that runs here by STUN, over UDP and TCP', async () => {
    await using server = await startServer(withKeys);
    const environment = { ...withKeys, ...quiet, PORT: String(server.port) };
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const context = { clockSynchronized: () => true };
    expect(await doctor({ environment, workerBin, print, context })).toBe(0);
    expect(lines[0]).toMatch(/^ok {7}ports of Tureen \d+\.\d+\.\d+, which runs here$/);
    // It was there for a moment only.
    await until(() => server.sfu.read.counts().connected === 0, 'the end of the visit');
    await using other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello') });
    const taken = { ...environment, PORT: String(other.port) };
    expect(await doctor({ environment: taken, workerBin, print, context })).toBe(1);
    expect(lines.join('\n')).toContain(`fatal    ports: TCP 127.0.0.1 port ${other.port} cannot be bound`);
  });

  test('tells that a running server announces an address at which it does not answer', async () => {
    // RFC 5737: no host has it.
    const announced = { ...withKeys, TUREEN_ANNOUNCED_ADDRESS: '192.0.2.77' };
    await using server = await startServer(announced);
    const config = { ...server.config, port: server.port };
    const found = await probeMedia(config);
    expect(found.map(({ severity, what }) => [severity, what])).toEqual(
      ['UDP', 'TCP'].map((protocol) => [
        'warning',
        expect.stringMatching(
          new RegExp(`^the server answers on this host, but not at 192.0.2.77 port \\d+ by ${protocol}`),
        ),
      ]),
    );
    const lines: string[] = [];
    const port = String(server.port);
    const environment = { ...local, ...announced, PORT: port, HOST: '127.0.0.1' };
    await doctor({ environment, workerBin, print: (line) => void lines.push(line) });
    expect(lines.filter((line) => line.includes('but not at 192.0.2.77'))).toHaveLength(2);
    expect(lines).not.toContain('ok       announced address');
    void server.sfu.drain({ milliseconds: 60_000 });
    const [refused] = await probeMedia(config);
    expect(refused?.what).toContain('could not be asked: signaling refused the connection: draining');
  });

  test('reads the file of the settings, as the server does', async () => {
    const file = join(folder, 'doctor.env');
    await Bun.write(file, 'TUREEN_ANNOUNCED_ADDRESS=0.0.0.0\n');
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const environment = { ...local, TUREEN_ENV_FILE: file };
    expect(await doctor({ environment, workerBin, print })).toBe(1);
    expect(lines.join('\n')).toContain('the address 0.0.0.0 is announced to clients');
    expect(await doctor({ environment: { TUREEN_ENV_FILE: '/nowhere' }, workerBin, print })).toBe(1);
    expect(lines.join('\n')).toContain('fatal    configuration: TUREEN_ENV_FILE: got "/nowhere"');
  });

  test('tells of a wrong configuration as a fatal finding', async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    expect(await doctor({ environment: { PORT: 'http' }, workerBin, print })).toBe(1);
    expect(lines[0]).toStartWith('fatal    configuration: PORT: got "http"');
  });
});

describe('a running node', () => {
  test('is not ready while a fatal finding stands, and says which', async () => {
    const environment = { ...local, TUREEN_ANNOUNCED_ADDRESS: '0.0.0.0' };
    await using program = await Program.start({ environment });
    const answer = await fetch(`http://127.0.0.1:${program.port}/readyz`);
    expect(answer.status).toBe(503);
    const { reasons } = (await answer.json()) as { reasons: string[] };
    expect(reasons).toEqual(['the address 0.0.0.0 is announced to clients, but no host can have it']);
    expect(program.output).toContain('self-check: the address 0.0.0.0 is announced to clients');
  });

  /** A self-check whose clock the test moves, and what it logs. */
  function watched(changed: Partial<CheckContext>) {
    const clock = new TestClock();
    const logged: string[] = [];
    const write = (line: string) => void logged.push((JSON.parse(line) as { message: string }).message);
    const log = createLogger({ level: 'info', write });
    return { clock, logged, selfCheck: new SelfCheck({ context: contextOf({}, changed), log, clock }) };
  }
  const whats = ({ state }: SelfCheck) => state.findings.map(({ check, severity }) => `${check} ${severity}`);

  test('checks again, and is ready once the problem is solved', async () => {
    let now = 0;
    const { selfCheck, clock, logged } = watched({ now: () => now });
    await selfCheck.beforeStart();
    await selfCheck.started();
    expect(whats(selfCheck)).toEqual(['clock fatal']);
    now = Date.now();
    clock.advance(15_000);
    await until(() => selfCheck.state.findings.length === 0, 'the end of the finding');
    expect(logged).toEqual([
      expect.stringContaining('self-check: the clock shows 1970'),
      'problems that the self-check found are solved',
    ]);
    selfCheck.close();
  });

  test('goes on checking when all is well, tells what comes up once, and measures what it judges', async () => {
    const pair = await makeCertificate(folder, 'soon', { days: 20 });
    const environment = {
      TUREEN_ANNOUNCED_ADDRESS: '203.0.113.7',
      TUREEN_TLS_CERT: pair.cert,
      TUREEN_TLS_KEY: pair.key,
      TUREEN_DATA_DIR: folder,
    };
    let now = Date.now();
    const context = { ...contextOf({ ...local, ...environment }), now: () => now };
    const clock = new TestClock();
    const logged: string[] = [];
    const log = createLogger({ level: 'info', write: (line) => void logged.push(line) });
    const selfCheck = new SelfCheck({ context, log, clock });
    await selfCheck.beforeStart();
    await selfCheck.started();
    expect(whats(selfCheck)).toEqual([]);
    const { dataFreeBytes = 0, certificateEnd = 0, clockSynchronized } = selfCheck.state.measures;
    expect(dataFreeBytes).toBeGreaterThan(0);
    expect(Math.round((certificateEnd - now) / 86_400_000)).toBe(20);
    expect(clockSynchronized).toBe(true);
    const lookAgain = async (days: number, found: string) => {
      now += days * 86_400_000;
      await until(() => {
        clock.advance(15_000);
        return whats(selfCheck).join() === found;
      }, `the finding "${found}"`);
    };
    await lookAgain(10, 'certificate warning');
    await lookAgain(1, 'certificate warning');
    await lookAgain(30, 'certificate fatal');
    expect(logged.filter((line) => line.includes('certificate'))).toHaveLength(2);
    selfCheck.close();
  });

  test('checks no more once it was closed, neither later nor after a check that is under way', async () => {
    const waiting = new Set<() => void>();
    const after: Clock['after'] = (_, run) => {
      waiting.add(run);
      return () => void waiting.delete(run);
    };
    const newSelfCheck = () =>
      new SelfCheck({
        context: contextOf({}, { now: () => 0 }),
        log: silentLogger,
        clock: { ...systemClock, after },
      });
    const later = newSelfCheck();
    await later.beforeStart();
    await later.started();
    expect(waiting.size).toBe(1);
    later.close();
    expect(waiting.size).toBe(0);
    const underWay = newSelfCheck();
    await underWay.beforeStart();
    const started = underWay.started();
    underWay.close();
    await started;
    expect(waiting.size).toBe(0);
  });
});
