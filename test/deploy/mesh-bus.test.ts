import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import {
  type BusNode,
  busConfig,
  busEnvironment,
  busFiles,
  busFolder,
  busUsers,
} from '../../deploy/bus/config.ts';
import { writeBuses } from '../../deploy/bus/write.ts';
import { readNatsAccess } from '../../src/cluster/nats-access.ts';
import { NatsBus } from '../../src/cluster/nats-bus.ts';
import { probeBus } from '../../src/cluster/probe.ts';
import { inboxPrefix, OwnSubjects, subjectsOf } from '../../src/cluster/subjects.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/core/log.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { run, succeed } from '../support/run.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

const root = join(import.meta.dir, '..', '..');
const bytes = (text: string) => new TextEncoder().encode(text);

let out: string;
let nodes: BusNode[];
const servers = new Map<string, Bun.Subprocess>();

const folderOf = (name: string) => join(out, name);
const placesOf = (name: string) => ({ folder: folderOf(name), data: join(out, name, 'data') });

/** Three buses as an operator sets them up, on one host. */
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'tureen-buses-'));
  const ports = () => ({ client: freePort(), cluster: freePort(), monitor: freePort() });
  // Each has an address of its own, which its certificate names, as on hosts of their own.
  const planned = ['ams', 'iad', 'Küche 1'].map((name, index) => ({
    ...{ name, host: `127.0.0.${index + 1}`, ports: ports() },
    // A name works as well as an address, as on Fly.io.
    ...(index === 0 && { listen: 'localhost' }),
  }));
  nodes = await writeBuses(out, planned, placesOf);
  for (const { name } of nodes) startBus(name);
});

function startBus(name: string): void {
  const file = join(folderOf(name), busFiles.configuration);
  const quiet = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' } as const;
  servers.set(name, Bun.spawn(['nats-server', '-c', file], quiet));
}

afterAll(async () => {
  for (const server of servers.values()) server.kill('SIGKILL');
  await Promise.all([...servers.values()].map((server) => server.exited));
  await rm(out, { recursive: true, force: true });
});

function nodeOf(name: string): BusNode {
  const node = nodes.find((each) => each.name === name);
  if (!node) throw new Error(`there is no bus "${name}"`);
  return node;
}

/** A node at its own bus, with what was written for it, and what its log says. */
async function connectAs(name: string, changed: { credentials?: string; ca?: string } = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', write: (line) => void lines.push(line) });
  const config = readConfig(busEnvironment(nodeOf(name), folderOf(name)));
  const self = { name, life: crypto.randomUUID() };
  const access = { ...(await readNatsAccess(config)), ...changed };
  const urls = config.busUrls ?? [];
  const bus = new NatsBus({ ...access, urls, name, inboxPrefix: inboxPrefix(self), log });
  return {
    ...{ bus, self, lines },
    subjects: new OwnSubjects(self),
    connected: () => until(() => bus.status === 'connected', `node ${name} on its bus`),
    says: (what: string) => until(() => lines.some((line) => line.includes(what)), what),
    [Symbol.asyncDispose]: () => bus.close(),
  };
}

test('nats-server takes every configuration that is written', async () => {
  for (const { name } of nodes) {
    const file = join(folderOf(name), busFiles.configuration);
    expect(await succeed(['nats-server', '-t', '-c', file])).toContain('is valid');
  }
});

test('a bus alone has no cluster, and its configuration is taken too', async () => {
  const alone = join(out, 'alone');
  await writeBuses(alone, [{ name: 'only', host: '127.0.0.1' }], () => placesOf('ams'));
  const file = join(alone, 'only', busFiles.configuration);
  expect(await Bun.file(file).text()).not.toContain('cluster {');
  expect(await succeed(['nats-server', '-t', '-c', file])).toContain('is valid');
});

test('nodes at different buses hear and answer each other', async () => {
  await using ams = await connectAs('ams');
  await using kitchen = await connectAs('Küche 1');
  await Promise.all([ams.connected(), kitchen.connected()]);
  const heard: string[] = [];
  kitchen.bus.subscribe('t.*.*.node.*', ({ subject }) => heard.push(subject));
  kitchen.bus.subscribe(`t.*.*.ask.${kitchen.self.life}.>`, (message) => message.respond(bytes('yes')));
  await kitchen.bus.flush();
  // The interest of the one bus comes to the other one a moment later.
  await until(() => {
    ams.bus.publish(ams.subjects.node('beat'), bytes('{}'));
    return heard.length > 0;
  }, 'the other node');
  const answer = await ams.bus.request(ams.subjects.ask(kitchen.self.life, 'x'), bytes(''), 5000);
  expect(new TextDecoder().decode(answer)).toBe('yes');
  expect(ams.lines).toEqual([]);
  expect(kitchen.lines).toEqual([]);
});

test('the bus proves that it works by JetStream, once its servers have found each other', async () => {
  await using ams = await connectAs('ams');
  await ams.connected();
  await until(() => ams.bus.echo(1000), 'an answer of JetStream');
});

test('a node may not speak as another, nor hear the answers to another', async () => {
  await using ams = await connectAs('ams');
  await using iad = await connectAs('iad');
  await Promise.all([ams.connected(), iad.connected()]);
  const heard: string[] = [];
  iad.bus.subscribe('t.>', ({ subject }) => heard.push(subject));
  await iad.bus.flush();
  await until(() => {
    ams.bus.publish(ams.subjects.node('first'), bytes(''));
    return heard.length > 0;
  }, 'the other node');
  const foreign = new OwnSubjects({ name: 'Küche 1', life: crypto.randomUUID() });
  ams.bus.publish(foreign.node('beat'), bytes('{}'));
  ams.bus.publish(ams.subjects.node('last'), bytes('{}'));
  await until(() => heard.includes(ams.subjects.node('last')), 'what was said after it');
  expect(heard).not.toContain(foreign.node('beat'));
  await ams.says('Permissions Violation for Publish');
  ams.bus.subscribe(`${inboxPrefix(iad.self)}.>`, () => {});
  await ams.says('Permissions Violation for Subscription');
});

test('whoever has no credentials, or those of somebody else, is refused', async () => {
  const stranger = await mkdtemp(join(tmpdir(), 'tureen-stranger-'));
  await writeBuses(stranger, [{ name: 'ams', host: '127.0.0.1' }]);
  const seed = (await Bun.file(join(stranger, 'ams', busFiles.seed)).text()).trim();
  await using none = await connectAs('ams', { credentials: undefined });
  await using other = await connectAs('ams', { credentials: seed });
  await Promise.all([none.says('Authorization Violation'), other.says('Authorization Violation')]);
  expect([none.bus.status, other.bus.status]).toEqual(['connecting', 'connecting']);
  // And a bus that the node's authority does not vouch for is not believed.
  const ca = await Bun.file(join(stranger, busFiles.authority)).text();
  await using misled = await connectAs('ams', { ca });
  await misled.says('the bus cannot be used as it should');
  expect(misled.bus.status).toBe('connecting');
  await rm(stranger, { recursive: true, force: true });
});

/** A connection of a node that uses JetStream by itself. */
async function rawAs(name: string): Promise<NatsConnection> {
  const node = nodeOf(name);
  const seed = (await Bun.file(join(folderOf(name), busFiles.seed)).text()).trim();
  return await connect({
    servers: `${node.host}:${node.ports?.client}`,
    inboxPrefix: inboxPrefix({ name, life: 'x' }),
    authenticator: nkeyAuthenticator(bytes(seed)),
    tls: { ca: await Bun.file(join(folderOf(name), busFiles.authority)).text() },
  });
}

test('a node makes and uses the buckets of facts and of what was told, and no other stream', async () => {
  const ams = await rawAs('ams');
  const iad = await rawAs('iad');
  try {
    await using echo = await connectAs('ams');
    await echo.connected();
    await until(() => echo.bus.echo(1000), 'an answer of JetStream');
    const here = await new Kvm(ams).create('tureen-facts', { history: 1 });
    const revision = await here.create('ban.one', 'a');
    const there = await new Kvm(iad).create('tureen-facts', { history: 1 });
    expect((await there.get('ban.one'))?.string()).toBe('a');
    const seen: string[] = [];
    const watch = await there.watch();
    void (async () => {
      for await (const { key, operation } of watch) seen.push(`${key} ${operation}`);
    })();
    await until(() => seen.length === 1, 'what is in the bucket');
    await here.update('ban.one', 'b', revision);
    await here.purge('ban.one');
    await until(() => seen.length >= 3, 'the changes');
    watch.stop();
    // Which node tells something the first that writes it decides.
    const [mine, theirs] = await Promise.all(
      [ams, iad].map((one) => new Kvm(one).create('tureen-told', { history: 1, ttl: 7 * 86_400_000 })),
    );
    await mine?.create('event', 'ams');
    await expect(theirs?.create('event', 'iad')).rejects.toThrow();
    expect((await theirs?.get('event'))?.string()).toBe('ams');
    // Each of them asks the other's permissions: a node that stops its watch may.
    const manager = await jetstreamManager(ams, { timeout: 1000, checkAPI: false });
    await expect(manager.streams.add({ name: 'other', subjects: ['other'] })).rejects.toThrow();
    await expect(manager.streams.delete('KV_tureen-facts')).rejects.toThrow();
    expect((await there.get('ban.one'))?.operation).toBe('PURGE');
  } finally {
    await Promise.all([ams.close(), iad.close()]);
  }
});

test('the doctor finds out why the bus cannot be used, and what the nodes on it are like', async () => {
  const iad = nodeOf('iad');
  const { busUrls = [], ...files } = readConfig(busEnvironment(iad, folderOf('iad')));
  const look = (changed = {}) => probeBus({ busUrls, ...files, node: 'iad', ...changed });
  const stranger = await mkdtemp(join(tmpdir(), 'tureen-stranger-'));
  await writeBuses(stranger, [{ name: 'iad', host: '127.0.0.1' }]);
  const strange = (name: string) => join(stranger, 'iad', name);
  const closed = `tls://127.0.0.1:${freePort()}`;
  const failures = await Promise.all([
    look({ busCredentials: strange(busFiles.seed) }),
    look({ busCa: strange(busFiles.authority) }),
    look({ busUrls: [closed] }),
    look({ busCredentials: join(stranger, 'nowhere') }),
  ]);
  const texts = failures.map(({ failure = 'none' }) => failure);
  expect(texts[0]).toMatch(/authorization/i);
  expect(texts[1]).toMatch(/certificate|verify/i);
  expect(texts[2]).toMatch(/refused/i);
  expect(texts[3]).toContain('TUREEN_BUS_CREDENTIALS: cannot read');
  await rm(stranger, { recursive: true, force: true });

  await using node = new Program({ environment: busEnvironment(nodeOf('ams'), folderOf('ams')) });
  await node.prints('"message":"ready"');
  await until(async () => {
    const probe = await look();
    if (probe.failure !== undefined) throw new Error(probe.failure);
    const [ams] = probe.nodes;
    if (!ams || !probe.jetStream || probe.bucketFailure !== null) return false;
    expect(probe.nodes).toHaveLength(1);
    expect(ams).toMatchObject({ name: 'ams', foreignVersion: null });
    expect(ams.roundTrip).toBeGreaterThan(0);
    // On one host it is one clock.
    expect(Math.abs(ams.clockOffset ?? Number.NaN)).toBeLessThan(2000);
    return true;
  }, 'a node that answers the doctor');
  // It was no node: nobody took it for one.
  expect(node.logged('a node is in the mesh')).toEqual([]);
  expect(node.logged('messages between nodes were dropped')).toEqual([]);
});

test('a node whose bus ends takes another one, which its own had told it of', async () => {
  await using ams = await connectAs('ams');
  await using kitchen = await connectAs('Küche 1');
  await Promise.all([ams.connected(), kitchen.connected()]);
  const heard: string[] = [];
  kitchen.bus.subscribe('t.>', ({ subject }) => heard.push(subject));
  await kitchen.bus.flush();
  const crosses = (name: string) =>
    until(() => {
      ams.bus.publish(ams.subjects.node(name), bytes(''));
      return heard.includes(ams.subjects.node(name));
    }, `what node ams says: ${name}`);
  await crosses('before');
  servers.get('ams')?.kill('SIGKILL');
  await until(() => ams.bus.status === 'connecting', 'the loss of the bus');
  await ams.connected();
  await crosses('after');
  expect(ams.lines).toEqual([]);
  startBus('ams');
});

test('a node that is taken out of the list loses its connection when the bus reads it again', async () => {
  await using iad = await connectAs('iad');
  await using kitchen = await connectAs('Küche 1');
  await Promise.all([iad.connected(), kitchen.connected()]);
  const list = join(folderOf('iad'), busFiles.nodes);
  const before = await Bun.file(list).text();
  await Bun.write(list, busUsers(nodes.filter(({ name }) => name !== 'iad')));
  servers.get('iad')?.kill('SIGHUP');
  await until(() => iad.bus.status === 'connecting', 'the end of the connection');
  expect(kitchen.bus.status).toBe('connected');
  await Bun.write(list, before);
  servers.get('iad')?.kill('SIGHUP');
  await iad.connected();
});

test('servers with what was written for them find each other', async () => {
  await using ams = new Program({ environment: busEnvironment(nodeOf('ams'), folderOf('ams')) });
  await using iad = new Program({ environment: busEnvironment(nodeOf('iad'), folderOf('iad')) });
  await Promise.all(
    [ams, iad].map((node) => until(() => node.logged('a node is in the mesh').length > 0, 'the mesh')),
  );
  expect([...ams.logged('a node is in the mesh'), ...iad.logged('a node is in the mesh')]).toEqual([
    expect.objectContaining({ node: 'iad' }),
    expect.objectContaining({ node: 'ams' }),
  ]);
});

test('who comes later gets keys of its own, and those that are there stay; secrets are for their owner only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-buses-'));
  const write = (...hosts: string[]) =>
    run([process.execPath, 'scripts/bus-config.ts', '--nodes', hosts.join(), '--out', folder], { cwd: root });
  try {
    const first = await write('ams=10.0.0.1', 'iad=fd00::2');
    expect(first.exitCode).toBe(0);
    expect(first.out).toContain('TUREEN_BUS_URL=tls://[fd00::2]:4222');
    const secrets = ['ca.key', 'ams/bus.key', 'ams/node.seed'];
    const read = () => Promise.all(secrets.map((name) => Bun.file(join(folder, name)).text()));
    const before = await read();
    for (const name of secrets) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
    expect((await write('ams=10.0.0.1', 'iad=fd00::2', 'syd=bus.example.com')).exitCode).toBe(0);
    expect(await read()).toEqual(before);
    const file = (name: string) => Bun.file(join(folder, name)).text();
    expect(await file('ams/nats-server.conf')).toContain('"nats-route://bus.example.com:6222"');
    expect(await file('ams/nodes.conf')).toContain(subjectsOf('syd'));
    expect(await file('ams/nodes.conf')).toBe(await file('syd/nodes.conf'));
    // Who moved shows that in another certificate; the others, a name and an IPv6 address among them, keep theirs.
    const certificates = () =>
      Promise.all(
        ['ams', 'iad', 'syd'].map(async (name) => new X509Certificate(await file(`${name}/bus.pem`))),
      );
    const stayed = await certificates();
    expect((await write('ams=10.0.0.9', 'iad=fd00::2', 'syd=bus.example.com')).exitCode).toBe(0);
    const [ams, ...others] = await certificates();
    expect(ams?.checkIP('10.0.0.9')).toBe('10.0.0.9');
    expect(others.map(({ fingerprint256 }) => fingerprint256)).toEqual(
      stayed.slice(1).map(({ fingerprint256 }) => fingerprint256),
    );
    expect((await stat(join(folder, 'ams/bus.key'))).mode & 0o077).toBe(0);
    expect((await write('ams=10.0.0.1', 'ams=10.0.0.2')).output).toContain('two nodes are named "ams"');
    expect((await write('ams')).output).toContain('wants a name and an address');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('nothing secret is in what buses are told of nodes', () => {
  for (const node of nodes) expect(busConfig(node, nodes)).not.toMatch(/\bSU[A-Z2-7]{56}\b|PRIVATE KEY/);
});

test('systemd has nothing to say against the unit of the bus, and takes it for a safe one', async () => {
  const unit = join(root, 'deploy/systemd/tureen-bus.service');
  expect((await run(['systemd-analyze', 'verify', unit])).output).not.toContain('tureen-bus.service:');
  await succeed(['systemd-analyze', 'security', '--offline=yes', '--no-pager', '--threshold=20', unit]);
  expect(await Bun.file(unit).text()).toContain(`-c ${busFolder}/${busFiles.configuration}`);
});
