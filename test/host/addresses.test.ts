import { describe, expect, test } from 'bun:test';
import { clientAddresses } from '../../src/access/address.ts';
import { readConfig } from '../../src/config/config.ts';
import {
  type Lookup,
  listenInfos,
  nodePlace,
  pipeAddress,
  pipeListenInfo,
  resolveAddresses,
} from '../../src/host/addresses.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

const keys = { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: 'a-secret-that-is-long-enough-for-HS256' };
const fly = { ...keys, FLY_APP_NAME: 'tureen-ams', FLY_MACHINE_ID: '148e21', FLY_REGION: 'ams' };

const flyNames: Lookup = async (name) =>
  ({ 'fly-global-services': ['172.19.4.3'], 'tureen-ams.fly.dev': ['203.0.113.9'] })[name] ?? [];

describe('on Fly.io', () => {
  test('UDP binds the address of fly-global-services, TCP every address, and the dedicated IPv4 is announced', async () => {
    const config = await resolveAddresses(readConfig({ ...fly, TUREEN_RTC_BASE_PORT: '40000' }), flyNames);
    expect(listenInfos(config, 1)).toEqual([
      { protocol: 'udp', ip: '172.19.4.3', port: 40001, announcedAddress: '203.0.113.9' },
      { protocol: 'tcp', ip: '0.0.0.0', port: 40001, announcedAddress: '203.0.113.9' },
    ]);
  });

  test("media between nodes goes over Fly's private network, unless the operator says otherwise", async () => {
    const machine = { ...fly, FLY_PRIVATE_IP: 'fdaa:0:1:a7b::2' };
    const config = await resolveAddresses(readConfig(machine), flyNames);
    expect(pipeListenInfo(config)).toEqual({
      protocol: 'udp',
      ip: 'fdaa:0:1:a7b::2',
      portRange: { min: 43_000, max: 43_999 },
    });
    const set = readConfig({ ...machine, TUREEN_CLUSTER_ADDRESS: '10.0.0.7' });
    expect(pipeListenInfo(await resolveAddresses(set, flyNames)).ip).toBe('10.0.0.7');
  });

  test('what the operator has set is not looked up', async () => {
    const set = { TUREEN_UDP_LISTEN_IP: '172.19.0.9', TUREEN_ANNOUNCED_ADDRESS: '198.51.100.1' };
    const config = await resolveAddresses(readConfig({ ...fly, ...set }), () => {
      throw new Error('nothing should be looked up');
    });
    expect(config).toMatchObject({ udpListenIp: '172.19.0.9', announcedAddresses: ['198.51.100.1'] });
  });

  test('a name that cannot be resolved is told with the variable that takes its place', async () => {
    const config = readConfig(fly);
    const withoutGlobal: Lookup = async (name) => {
      if (name === 'fly-global-services') throw new Error('ENOTFOUND');
      return ['203.0.113.9'];
    };
    await expect(resolveAddresses(config, withoutGlobal)).rejects.toThrow(
      /fly-global-services.*ENOTFOUND.*Set TUREEN_UDP_LISTEN_IP/,
    );
    const withoutPublic: Lookup = async (name) => (name === 'fly-global-services' ? ['172.19.4.3'] : []);
    await expect(resolveAddresses(config, withoutPublic)).rejects.toThrow(/fly ips allocate-v4/);
  });

  test('the node is called after its machine and its region, unless the operator calls it otherwise', () => {
    expect(nodePlace(readConfig(fly))).toEqual({ node: '148e21', region: 'ams' });
    expect(nodePlace(readConfig({ ...fly, TUREEN_NODE: 'a1', TUREEN_REGION: 'west' }))).toEqual({
      node: 'a1',
      region: 'west',
    });
  });
});

test('elsewhere nothing is looked up', async () => {
  const config = readConfig(keys);
  expect(await resolveAddresses(config, () => Promise.reject(new Error('not wanted')))).toBe(config);
});

test('a name to announce that does not exist is refused, and one that cannot be looked up now is not', async () => {
  const config = readConfig({ ...keys, TUREEN_ANNOUNCED_ADDRESS: 'edge.example.com' });
  const failing =
    (code: string): Lookup =>
    async () => {
      throw Object.assign(new Error(code), { code });
    };
  await expect(resolveAddresses(config, failing('ENOTFOUND'))).rejects.toThrow(
    /^TUREEN_ANNOUNCED_ADDRESS: got "edge.example.com", which no name server knows/,
  );
  expect(await resolveAddresses(config, failing('EAI_AGAIN'))).toBe(config);
  expect(await resolveAddresses(config, async () => [])).toBe(config);
});

test('with IPv4 and IPv6 announced a node that listens everywhere has a socket for each family', () => {
  const config = readConfig({
    ...keys,
    TUREEN_ANNOUNCED_ADDRESS: '203.0.113.7,10.0.0.7,2001:db8::7',
    TUREEN_RTC_BASE_PORT: '40000',
  });
  const both = ['udp', 'tcp'].flatMap((protocol) => [
    { protocol, ip: '0.0.0.0', port: 40000, announcedAddress: '203.0.113.7' },
    { protocol, ip: '::', port: 40000, announcedAddress: '2001:db8::7', flags: { ipv6Only: true } },
  ]);
  expect(listenInfos(config, 0)).toEqual(both as ReturnType<typeof listenInfos>);
});

test('a client is offered every announced address, each by UDP and by TCP, on the port of its own family', async () => {
  const announced = ['127.0.0.1', '127.0.0.2', '::1'];
  await using server = await startServer({
    ...withKeys,
    TUREEN_LISTEN_IP: '0.0.0.0',
    TUREEN_ANNOUNCED_ADDRESS: announced.join(),
  });
  const client = await SignalingClient.connect({ server, token: await tokenFor('room', 'alice') });
  const { iceCandidates } = await client.request('createWebRtcTransport', { producing: true });
  const offered = iceCandidates.map(({ protocol, address }) => `${protocol} ${address}`).sort();
  expect(offered).toEqual(
    ['tcp', 'udp'].flatMap((p) => ['127.0.0.1', '127.0.0.2', '::1'].map((a) => `${p} ${a}`)),
  );
  const portOf = (address: string) => iceCandidates.find((c) => c.address === address)?.port;
  expect(portOf('127.0.0.2')).toBe(portOf('127.0.0.1') ?? 0);
  expect(new Set(iceCandidates.map(({ priority }) => priority)).size).toBe(iceCandidates.length);
});

describe('the address of a client', () => {
  const proxies = { trustedProxies: ['10.0.0.0/8', '::1'] };
  const from = (headers: Record<string, string>) => new Request('http://tureen.test/', { headers });

  test.each([
    ['is the other end when that is no proxy', '198.51.100.9', '203.0.113.5', '198.51.100.9'],
    ['is what the proxy saw', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['is the last that is not a proxy', '10.0.0.1', '1.1.1.1, 203.0.113.5, 10.9.9.9', '203.0.113.5'],
    ['is read without its port', '::1', '203.0.113.5:4711', '203.0.113.5'],
    ['may be IPv6', '::ffff:10.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['is not what stands before an entry that cannot be read', '10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    ['is the proxy itself when it tells nothing', '10.0.0.1', '', '10.0.0.1'],
  ])('%s', (_, direct, forwarded, expected) => {
    expect(clientAddresses(proxies)(from({ 'x-forwarded-for': forwarded }), direct)).toBe(expected);
  });

  test('is read from the configured header only, for a proxy passes the other one on unseen', () => {
    const request = from({
      'x-forwarded-for': '1.1.1.1',
      forwarded: 'for=2.2.2.2, for="[2001:db8::5]:47";proto=https, for=10.1.1.1',
    });
    expect(clientAddresses(proxies)(request, '10.0.0.1')).toBe('1.1.1.1');
    expect(clientAddresses({ ...proxies, forwardedHeader: 'forwarded' })(request, '10.0.0.1')).toBe(
      '2001:db8::5',
    );
  });

  test('is taken from Fly-Client-IP on Fly.io, and nowhere else', () => {
    const request = from({ 'fly-client-ip': '203.0.113.5' });
    expect(clientAddresses({ flyApp: 'tureen-ams' })(request, '172.16.3.2')).toBe('203.0.113.5');
    expect(clientAddresses({})(request, '172.16.3.2')).toBe('172.16.3.2');
  });

  test('of a signaling socket is the forwarded one when the other end is a trusted proxy', async () => {
    await using server = await startServer({ ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.0/8' });
    const headers = { 'x-forwarded-for': '203.0.113.5' };
    await SignalingClient.connect({ server, token: await tokenFor('room', 'alice'), headers });
    const alice = () => server.sfu.rooms.get('room')?.peers.get('alice');
    await until(() => alice() !== undefined, 'the peer');
    expect(alice()?.identity.address).toBe('203.0.113.5');
  });
});

test('pipes between nodes listen on the address of the cluster, or on that of media and are announced as it is', () => {
  const keys = { TUREEN_API_KEY: 'key', TUREEN_API_SECRET: 'a secret of more than thirty-two bytes' };
  const own = readConfig({ ...keys, TUREEN_CLUSTER_ADDRESS: '10.0.0.7', TUREEN_PIPE_PORTS: '50000-50099' });
  expect(pipeListenInfo(own)).toEqual({
    protocol: 'udp',
    ip: '10.0.0.7',
    portRange: { min: 50000, max: 50099 },
  });
  const announced = { TUREEN_LISTEN_IP: '0.0.0.0', TUREEN_ANNOUNCED_ADDRESS: '203.0.113.9' };
  expect(pipeListenInfo(readConfig({ ...keys, ...announced }))).toMatchObject({
    ip: '0.0.0.0',
    announcedAddress: '203.0.113.9',
    portRange: { min: 43000, max: 43999 },
  });
  // A worker sends to addresses only.
  const named = { ...announced, TUREEN_ANNOUNCED_ADDRESS: 'media.example.com, 203.0.113.9' };
  expect(pipeListenInfo(readConfig({ ...keys, ...named }))).toMatchObject({
    ip: '0.0.0.0',
    announcedAddress: '203.0.113.9',
  });
});

test('a node that announces names only does not enter a mesh without an address for pipes', () => {
  const keys = { TUREEN_API_KEY: 'key', TUREEN_API_SECRET: 'a secret of more than thirty-two bytes' };
  const named = { ...keys, TUREEN_ANNOUNCED_ADDRESS: 'media.example.com' };
  const withBus = { ...named, TUREEN_BUS_URL: 'nats://127.0.0.1:4222' };
  expect(() => readConfig(withBus)).toThrow(
    'TUREEN_CLUSTER_ADDRESS: got nothing, wants the IP address under which the other nodes reach this host, for TUREEN_ANNOUNCED_ADDRESS is a name (media.example.com)',
  );
  expect(pipeAddress(readConfig({ ...withBus, TUREEN_CLUSTER_ADDRESS: '10.0.0.7' }))).toBe('10.0.0.7');
  expect(() => readConfig(named)).not.toThrow();
  expect(() => readConfig({ ...withBus, FLY_APP_NAME: 'tureen-ams' })).not.toThrow();
});
