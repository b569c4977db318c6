import { afterAll, describe, expect, test } from 'bun:test';
import { type Bucket, BucketAway, type Kept } from '../../src/cluster/bucket.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { NatsBus, type NatsBusOptions } from '../../src/cluster/nats-bus.ts';
import { NatsServer } from '../support/nats-server.ts';
import { testLog } from '../support/server.ts';
import { until } from '../support/until.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ key, value }: Kept) => `${key}=${new TextDecoder().decode(value)}`;

const server = await NatsServer.start();
const ends = new AsyncDisposableStack();
ends.use(server);
afterAll(() => ends.disposeAsync());

async function natsBus(url: string, options: Partial<NatsBusOptions> = {}): Promise<NatsBus> {
  const bus = new NatsBus({ urls: [url], name: 'x', inboxPrefix: 'i.x', log: testLog, ...options });
  ends.defer(() => bus.close());
  await until(() => bus.status === 'connected', 'a connection to the bus');
  return bus;
}

/** Follows a bucket. */
async function watched(bucket: Bucket) {
  const seen: string[] = [];
  const state = { current: false, failed: false };
  const stop = await bucket.watch({
    kept: (entry) => seen.push(text(entry)),
    current: () => {
      state.current = true;
    },
    failed: () => {
      state.failed = true;
    },
  });
  await until(() => state.current, 'all that is there');
  return { seen, state, stop };
}

const hub = new MemoryHub();
const kinds: [string, () => Promise<Bucket>][] = [
  ['in memory', () => Promise.resolve(hub.connect('a').bucket)],
  ['of JetStream', async () => (await natsBus(server.url)).bucket],
];

describe.each(kinds)('a bucket %s', (_kind, open) => {
  test('takes a value only in place of the one that its writer has seen', async () => {
    const [a, b] = [await open(), await open()];
    const key = 'fact.ban.first';
    expect(await a.get(key)).toBeUndefined();
    expect(await a.put(key, bytes('1'), 0)).toBe(true);
    expect(await b.put(key, bytes('2'), 0)).toBe(false);
    const kept = await b.get(key);
    expect(kept && text(kept)).toBe(`${key}=1`);
    expect(await b.put(key, bytes('2'), kept?.revision ?? 0)).toBe(true);
    expect(await a.put(key, bytes('3'), kept?.revision ?? 0)).toBe(false);
    const newer = await a.get(key);
    expect(newer && text(newer)).toBe(`${key}=2`);
    // Somebody changed it meanwhile.
    await a.remove(key, kept?.revision ?? 0);
    expect(await a.get(key)).toBeDefined();
    await a.remove(key, newer?.revision ?? 0);
    expect(await a.get(key)).toBeUndefined();
    expect(await b.put(key, bytes('4'), 0)).toBe(true);
  });

  test('hands over what is there, then each change in order, until it is stopped', async () => {
    const [a, b] = [await open(), await open()];
    await a.put('fact.user.anna', bytes('old'), 0);
    const { seen, state, stop } = await watched(b);
    expect(seen).toContain('fact.user.anna=old');
    seen.length = 0;
    for (const name of ['one', 'two', 'three']) await a.put(`fact.key.${name}`, bytes(name), 0);
    await until(() => seen.length === 3, 'three changes');
    expect(seen).toEqual(['fact.key.one=one', 'fact.key.two=two', 'fact.key.three=three']);
    stop();
    await a.put('fact.key.four', bytes('four'), 0);
    const later = await watched(b);
    expect(later.seen).toContain('fact.key.four=four');
    expect(seen).toHaveLength(3);
    expect(state.failed).toBe(false);
    later.stop();
  });
});

test('a bus without JetStream has no bucket, and says so in bounded time', async () => {
  await using plain = await NatsServer.start({ jetStream: false });
  const { bucket } = await natsBus(plain.url);
  await expect(bucket.get('mesh')).rejects.toThrow(BucketAway);
  await expect(bucket.put('mesh', bytes('x'), 0)).rejects.toThrow(BucketAway);
});

test('a bucket that stands still answers no request, and each ends all the same', async () => {
  await using slow = await NatsServer.start();
  const { bucket } = await natsBus(slow.url);
  await bucket.put('mesh', bytes('x'), 0);
  slow.freeze();
  await expect(bucket.get('mesh')).rejects.toThrow('no answer in time');
  slow.thaw();
});

test('more replicas than there are servers are refused by the bus', async () => {
  await using single = await NatsServer.start();
  const { bucket } = await natsBus(single.url, { replicas: 3 });
  await expect(bucket.get('mesh')).rejects.toThrow(/replicas/);
});

test('a leaf node without a domain of its own reaches the bucket of the hub through its domain', async () => {
  await using middle = await NatsServer.start({ domain: 'hub', takesLeaves: true });
  await using leaf = await NatsServer.start({ jetStream: false, hub: middle });
  const there = (await natsBus(middle.url, { domain: 'hub' })).bucket;
  const here = (await natsBus(leaf.url, { domain: 'hub' })).bucket;
  await there.put('mesh', bytes('one'), 0);
  // The leaf may be connected to its hub a moment later than to its clients.
  const read = () => here.get('mesh').catch(() => undefined);
  await until(async () => (await read()) !== undefined, 'the bucket of the hub');
  const kept = await read();
  expect(kept && text(kept)).toBe('mesh=one');
  expect(await here.put('mesh', bytes('two'), 0)).toBe(false);
});
