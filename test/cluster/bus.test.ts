import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, maxMessageBytes, NoAnswer } from '../../src/cluster/bus.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { readNatsAccess } from '../../src/cluster/nats-access.ts';
import { NatsBus, type NatsBusOptions } from '../../src/cluster/nats-bus.ts';
import {
  askedOf,
  everyNode,
  everywhereInRoom,
  inboxPrefix,
  OwnSubjects,
} from '../../src/cluster/subjects.ts';
import { createLogger } from '../../src/core/log.ts';
import { makeCertificate } from '../support/certificate.ts';
import { NatsServer } from '../support/nats-server.ts';
import { testLog } from '../support/server.ts';
import { until } from '../support/until.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

const server = await NatsServer.start();
afterAll(() => server[Symbol.asyncDispose]());

async function natsBus(name: string, options: Partial<NatsBusOptions> = {}): Promise<NatsBus> {
  const bus = new NatsBus({ urls: [server.url], name, inboxPrefix: `i.${name}`, log: testLog, ...options });
  await until(() => bus.status === 'connected', 'a connection to the bus');
  return bus;
}

/** Collects what arrives on a subject. */
function collect(bus: Bus, subject: string): string[] {
  const received: string[] = [];
  bus.subscribe(subject, (message) => received.push(`${message.subject} ${text(message.data)}`));
  return received;
}

const hub = new MemoryHub();
const kinds: [string, (name: string) => Promise<Bus>][] = [
  ['in memory', (name) => Promise.resolve(hub.connect(name))],
  ['of NATS', natsBus],
];

describe.each(kinds)('a bus %s', (_kind, connect) => {
  async function pair() {
    const ends = new AsyncDisposableStack();
    const [a, b] = await Promise.all([connect('a'), connect('b')]);
    ends.defer(() => a.close());
    ends.defer(() => b.close());
    return { a, b, [Symbol.asyncDispose]: () => ends.disposeAsync() };
  }

  test('brings messages to all who listen, in their order over all subjects, and not to the sender', async () => {
    await using both = await pair();
    const { a, b } = both;
    const own = collect(a, 't.>');
    const received: string[] = [];
    for (const subject of ['t.*.one', 't.*.two'])
      b.subscribe(subject, (message) => received.push(text(message.data)));
    await b.flush();
    for (let index = 0; index < 200; index += 1)
      expect(a.publish(`t.x.${index % 2 ? 'one' : 'two'}`, bytes(String(index)))).toBe(true);
    await until(() => received.length === 200, 'every message');
    expect(received).toEqual(Array.from({ length: 200 }, (_, index) => String(index)));
    expect(own).toEqual([]);
  });

  test('knows the wildcards of subjects', async () => {
    await using both = await pair();
    const { a, b } = both;
    const one = collect(b, 't.*.room');
    const rest = collect(b, 't.x.>');
    await b.flush();
    for (const subject of ['t.x.room', 't.y.room', 't.x.room.more', 't.x', 'end.x'])
      a.publish(subject, bytes('-'));
    a.publish('t.x.last', bytes('-'));
    await until(() => rest.includes('t.x.last -'), 'the last message');
    expect(one).toEqual(['t.x.room -', 't.y.room -']);
    expect(rest).toEqual(['t.x.room -', 't.x.room.more -', 't.x.last -']);
  });

  test('answers a request, and says why it does not', async () => {
    await using both = await pair();
    const { a, b } = both;
    b.subscribe('ask.name', (message) => message.respond(bytes(`it is ${text(message.data)}`)));
    b.subscribe('ask.silence', () => {});
    await b.flush();
    expect(text(await a.request('ask.name', bytes('b'), 1000))).toBe('it is b');
    await expect(a.request('ask.silence', bytes(''), 50)).rejects.toEqual(new NoAnswer('timeout'));
    await expect(a.request('ask.nobody', bytes(''), 1000)).rejects.toEqual(new NoAnswer('nobody'));
  });

  test('gathers the answers of all, and none at once when nobody listens', async () => {
    await using both = await pair();
    await using more = await pair();
    const { a, b } = both;
    const c = more.a;
    for (const [name, bus] of [
      ['b', b],
      ['c', c],
    ] as const) {
      bus.subscribe('hello', (message) => message.respond(bytes(name)));
      await bus.flush();
    }
    const options = { timeoutMs: 10_000, stallMs: 200 };
    expect((await a.gather('hello', bytes(''), options)).map(text).sort()).toEqual(['b', 'c']);
    expect(await a.gather('nobody', bytes(''), options)).toEqual([]);
  });

  test('refuses what is too large, and carries what is just small enough', async () => {
    await using both = await pair();
    const { a, b } = both;
    const sizes: number[] = [];
    b.subscribe('large', ({ data }) => sizes.push(data.length));
    await b.flush();
    expect(a.publish('large', new Uint8Array(maxMessageBytes + 1))).toBe(false);
    expect(a.publish('large', new Uint8Array(maxMessageBytes))).toBe(true);
    await until(() => sizes.length === 1, 'the message');
    expect(sizes).toEqual([maxMessageBytes]);
  });

  test('ends subscriptions, and has none and carries nothing once it is closed', async () => {
    await using both = await pair();
    const { a, b } = both;
    const received: string[] = [];
    const end = b.subscribe('news', (message) => received.push(text(message.data)));
    const later = collect(b, 'later');
    await b.flush();
    a.publish('news', bytes('1'));
    await until(() => received.length === 1, 'the news');
    end();
    await b.flush();
    a.publish('news', bytes('2'));
    a.publish('later', bytes('3'));
    await until(() => later.length === 1, 'what was sent later');
    expect(received).toEqual(['1']);
    await a.close();
    expect(a.status).toBe('closed');
    expect(a.publish('later', bytes('4'))).toBe(false);
    await expect(a.request('later', bytes(''), 100)).rejects.toThrow(NoAnswer);
  });

  test('takes a new connection on demand, on which all subscriptions go on', async () => {
    await using both = await pair();
    const { a, b } = both;
    const received = collect(b, 'news');
    const statuses: string[] = [];
    b.onStatus((status) => statuses.push(status));
    b.renew();
    expect(b.status).toBe('connecting');
    await until(() => b.status === 'connected', 'the new connection');
    await b.flush();
    a.publish('news', bytes('after'));
    await until(() => received.length === 1, 'the message');
    expect(statuses).toEqual(['connecting', 'connected']);
  });
});

test('a bus of NATS that is killed is told as away, and comes back by itself with its subscriptions', async () => {
  await using own = await NatsServer.start();
  const [a, b] = await Promise.all(['a', 'b'].map((name) => natsBus(name, { urls: [own.url] })));
  if (!a || !b) throw new Error('no bus');
  const received = collect(b, 'news');
  await b.flush();
  await own.kill();
  await until(() => a.status === 'connecting' && b.status === 'connecting', 'the loss of the bus');
  expect(a.publish('news', bytes('lost'))).toBe(false);
  await expect(a.request('news', bytes(''), 1000)).rejects.toEqual(new NoAnswer('away'));
  await a.flush();
  await own.restart();
  await until(() => a.status === 'connected' && b.status === 'connected', 'the bus again');
  a.publish('news', bytes('after'));
  await until(() => received.length > 0, 'the message');
  expect(received).toEqual(['news after']);
  await Promise.all([a.close(), b.close()]);
});

test('a bus of NATS that stands still is noticed', async () => {
  await using own = await NatsServer.start();
  const bus = await natsBus('a', { urls: [own.url] });
  own.freeze();
  await until(() => bus.status === 'connecting', 'the loss of the bus');
  own.thaw();
  await until(() => bus.status === 'connected', 'the bus again');
  await bus.close();
});

test('a node may start before its bus, and end without ever having seen it', async () => {
  await using own = await NatsServer.start();
  await own.kill();
  const options = { urls: [own.url], inboxPrefix: 'i.a', log: testLog };
  const never = new NatsBus({ ...options, name: 'never' });
  await never.close();
  const early = new NatsBus({ ...options, name: 'early' });
  expect(early.status).toBe('connecting');
  await own.restart();
  await until(() => early.status === 'connected', 'a connection to the bus');
  await early.close();
});

test('an echo beside the bus proves that it works, and a bus without JetStream has none', async () => {
  await using bare = await NatsServer.start({ jetStream: false });
  const [bus, without] = await Promise.all([natsBus('a'), natsBus('a', { urls: [bare.url] })]);
  expect(await bus.echo(1000)).toBe(true);
  expect(await without.echo(1000)).toBe(false);
  await Promise.all([bus.close(), without.close()]);
});

test('a bus that asks for a user and a password gets them, and a wrong one is tried again', async () => {
  await using guarded = await NatsServer.start({
    configuration: 'authorization { user: node, password: "pass:word" }',
  });
  const bus = await natsBus('a', { urls: [guarded.url], credentials: 'node:pass:word' });
  const refused = new NatsBus({
    ...{ urls: [guarded.url], name: 'b', inboxPrefix: 'i.b', log: testLog },
    credentials: 'node:wrong',
  });
  const received = collect(bus, 'news');
  expect(await bus.echo(1000)).toBe(true);
  expect(refused.status).toBe('connecting');
  expect(received).toEqual([]);
  await Promise.all([bus.close(), refused.close()]);
});

test('a bus with TLS is used when its certificate is vouched for, and not otherwise', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-bus-'));
  const pair = await makeCertificate(folder, 'bus');
  await using encrypted = await NatsServer.start({
    configuration: `tls { cert_file: "${pair.cert}", key_file: "${pair.key}" }`,
  });
  const urls = [encrypted.url.replace('nats://127.0.0.1', 'tls://localhost')];
  const { ca } = await readNatsAccess({ busCa: pair.cert });
  const bus = await natsBus('a', { urls, ca });
  expect(await bus.echo(1000)).toBe(true);
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', write: (line) => lines.push(line) });
  const distrustful = new NatsBus({ urls, name: 'b', inboxPrefix: 'i.b', log });
  await until(() => lines.length > 0, 'what is wrong');
  expect(distrustful.status).toBe('connecting');
  expect(lines[0]).toContain('certificate');
  await Promise.all([bus.close(), distrustful.close()]);
  await rm(folder, { recursive: true });
});

/** As docs/mesh.md has them, beside what is a node's own. */
const bucketSubjects = [
  ...['$KV.tureen-facts.>', '$JS.API.INFO', '$JS.API.STREAM.*.KV_tureen-facts'],
  ...['$JS.API.CONSUMER.*.KV_tureen-facts.>', '$JS.API.DIRECT.GET.KV_tureen-facts.>'],
  '$JS.FC.KV_tureen-facts.>',
].map((subject) => JSON.stringify(subject));

test('permissions of the bus hold a node to its own subjects, and leave it all that it needs', async () => {
  const self = (name: string) => ({ name, life: `life-of-${name}` });
  const user = (name: string) => {
    const part = Buffer.from(name).toString('base64url');
    return `{ user: ${name}, password: p, permissions: {
      publish: ["t.${part}.>", ${bucketSubjects}], subscribe: ["t.>", "i.${part}.>"], allow_responses: true } }`;
  };
  await using guarded = await NatsServer.start({
    configuration: `authorization { users: [${user('a')}, ${user('b')}] }`,
  });
  const connect = (name: string) =>
    natsBus(name, {
      ...{ urls: [guarded.url], credentials: `${name}:p`, inboxPrefix: inboxPrefix(self(name)) },
    });
  const [a, b] = [await connect('a'), await connect('b')];
  const subjects = { a: new OwnSubjects(self('a')), b: new OwnSubjects(self('b')) };
  b.subscribe(askedOf(self('b').life), (message) => message.respond(bytes('answer')));
  b.subscribe(everywhereInRoom('room'), (message) => message.respond(bytes('hello')));
  const beats = collect(b, everyNode('beat'));
  await b.flush();
  expect(text(await a.request(subjects.a.ask(self('b').life, 'pipe.close'), bytes(''), 1000))).toBe('answer');
  const limits = { timeoutMs: 1000, stallMs: 100 };
  expect((await a.gather(subjects.a.room('room', 'hello'), bytes(''), limits)).map(text)).toEqual(['hello']);
  expect(await a.echo(1000)).toBe(true);
  a.publish(subjects.b.node('beat'), bytes('forged'));
  a.publish(subjects.a.node('beat'), bytes('own'));
  await until(() => beats.length > 0, 'a heartbeat');
  expect(beats).toEqual([`${subjects.a.node('beat')} own`]);
  expect(await a.bucket.put('mesh', bytes('id'), 0)).toBe(true);
  const kept: string[] = [];
  const failed = () => kept.push('failed');
  const stop = await b.bucket.watch({ kept: ({ key }) => kept.push(key), current: () => {}, failed });
  await a.bucket.put('fact.ban.x', bytes('ban'), 0);
  await until(() => kept.length === 2, 'what is kept');
  expect(kept).toEqual(['mesh', 'fact.ban.x']);
  await b.bucket.remove('fact.ban.x', (await b.bucket.get('fact.ban.x'))?.revision ?? 0);
  stop();
  await Promise.all([a.close(), b.close()]);
});

test.each([
  ['nothing', ''],
  ['something else', 'hello'],
])('a file of credentials that holds %s is refused by name', async (_what, content) => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-bus-'));
  const busCredentials = join(folder, 'bus.creds');
  await Bun.write(busCredentials, content);
  await expect(readNatsAccess({ busCredentials })).rejects.toThrow('TUREEN_BUS_CREDENTIALS: "');
  await expect(readNatsAccess({ busCa: join(folder, 'none') })).rejects.toThrow('TUREEN_BUS_CA: cannot read');
  await rm(folder, { recursive: true });
});
