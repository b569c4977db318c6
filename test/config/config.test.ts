import { expect, test } from 'bun:test';
import { networkInterfaces } from 'node:os';
import { iceServersFor } from '../../src/access/ice-servers.ts';
import { ConfigError, readConfig, unknownVariables } from '../../src/config/config.ts';
import { settings, subjects } from '../../src/config/settings/index.ts';
import { announcedAddresses, listenInfos } from '../../src/host/addresses.ts';

const secret = 'a-secret-that-is-long-enough-for-HS256';
const keys = { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: secret };

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('without a key the server is in development mode and stays on loopback', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    developmentMode: true,
    host: '127.0.0.1',
    listenIp: '127.0.0.1',
    port: 3000,
  });
  expect(mistakesOf({ HOST: '0.0.0.0' })[0]).toStartWith('HOST: got "0.0.0.0", wants a loopback address');
});

test('in development mode media has an address beside loopback where the host has one, unless told otherwise', () => {
  const addresses = (environment: Record<string, string>) =>
    listenInfos(readConfig(environment), 0).map(({ protocol, ip }) => `${protocol} ${ip}`);
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
  const beside = (protocol: string) => (own === undefined ? [] : [`${protocol} ${own}`]);
  expect(addresses({})).toEqual(['udp 127.0.0.1', ...beside('udp'), 'tcp 127.0.0.1', ...beside('tcp')]);
  expect(addresses({ TUREEN_LISTEN_IP: '127.0.0.1' })).toEqual(['udp 127.0.0.1', 'tcp 127.0.0.1']);
});

test('with a key it serves every address and nothing is open', () => {
  expect(readConfig(keys)).toMatchObject({ developmentMode: false, host: '0.0.0.0', listenIp: '0.0.0.0' });
});

test('a bus on this machine needs neither TLS nor credentials, and without one the node is alone', () => {
  expect(readConfig({}).busUrls).toBeUndefined();
  const urls = ['nats://127.0.0.1:4222', 'nats://[::1]:4223', 'nats://localhost'];
  expect(readConfig({ TUREEN_BUS_URL: urls.join(', ') }).busUrls).toEqual(urls);
});

test('several keys are good at the same time, so that one can be changed without a gap', () => {
  const { apiKeys } = readConfig({ TUREEN_API_KEY: 'old, new', TUREEN_API_SECRET: `${secret}1,${secret}2` });
  expect([...apiKeys]).toEqual([
    ['old', `${secret}1`],
    ['new', `${secret}2`],
  ]);
});

test('every mistake has a line that names the variable, what it got and what it wants', () => {
  const mistakes = mistakesOf({ PORT: 'http', LOG_LEVEL: 'loud', TUREEN_WORKERS: '0' });
  expect(mistakes).toEqual([
    'PORT: got "http", wants a whole number from 0 to 65535',
    'LOG_LEVEL: got "loud", wants one of debug, info, warn, error',
    'TUREEN_WORKERS: got "0", wants a whole number from 1 to 512',
  ]);
});

test('a secret that is too short is refused and never shown', () => {
  const [mistake = ''] = mistakesOf({ TUREEN_API_KEY: 'app', TUREEN_API_SECRET: 'hunter2' });
  expect(mistake).toContain('at least 32 bytes');
  expect(mistake).not.toContain('hunter2');
});

test.each([
  [{ TUREEN_API_KEY: 'app' }, 'TUREEN_API_SECRET: got nothing'],
  [{ TUREEN_API_SECRET: secret }, 'TUREEN_API_KEY: got nothing'],
  [{ TUREEN_API_KEY: 'a,b', TUREEN_API_SECRET: secret }, 'TUREEN_API_SECRET: got 1 secrets, wants 2'],
  [{ TUREEN_API_KEY: 'a,a', TUREEN_API_SECRET: `${secret},${secret}` }, 'TUREEN_API_KEY: got a name twice'],
  [
    { TUREEN_BUS_URL: 'redis://bus' },
    'TUREEN_BUS_URL: got "redis://bus", wants an address such as tls://bus',
  ],
  [
    { TUREEN_BUS_URL: 'nats://127.0.0.1:4222,nats://10.0.0.1:4222', TUREEN_BUS_CREDENTIALS: 'bus.creds' },
    'TUREEN_BUS_URL: got "nats://10.0.0.1:4222", wants tls://',
  ],
  [
    { TUREEN_BUS_URL: 'tls://10.0.0.1,nats://[::1]', TUREEN_BUS_CREDENTIALS: 'x' },
    'TUREEN_BUS_URL: got addresses',
  ],
  [{ TUREEN_BUS_URL: 'tls://bus.example.com' }, 'TUREEN_BUS_CREDENTIALS: got nothing, wants a file'],
  [
    { TUREEN_BUS_URL: 'nats://localhost', TUREEN_BUS_CA: 'ca.pem' },
    'TUREEN_BUS_CA: got a file, wants a tls://',
  ],
  [{ TUREEN_TURN_URLS: 'turn:turn.example.com' }, 'TUREEN_TURN_SECRET: got nothing'],
  [{ TUREEN_TURN_SECRET: 'north' }, 'TUREEN_TURN_URLS: got nothing'],
  [{ TUREEN_METRICS_PORT: '3000' }, 'TUREEN_METRICS_PORT: got 3000, wants another port than that of PORT'],
  [
    { ...keys, TUREEN_LISTEN_IP: '192.0.2.1', TUREEN_ANNOUNCED_ADDRESS: '::1' },
    'TUREEN_ANNOUNCED_ADDRESS: got ::1, wants an IPv4 address',
  ],
  [
    { TUREEN_TRUSTED_PROXIES: '10.0.0.0/33' },
    'TUREEN_TRUSTED_PROXIES: got "10.0.0.0/33", wants an IP address',
  ],
  [
    { TUREEN_ICE_SERVERS: '{"urls":' },
    'TUREEN_ICE_SERVERS: got a value that is not shown, wants a JSON array',
  ],
  [
    { TUREEN_LISTEN_IP: 'fly-global-services' },
    'TUREEN_LISTEN_IP: got "fly-global-services", wants an IP address',
  ],
  [{ TUREEN_LISTEN_IP: 'dead' }, 'TUREEN_LISTEN_IP: got "dead", wants an IP address'],
  [{ TUREEN_UDP_LISTEN_IP: '300.0.0.1' }, 'TUREEN_UDP_LISTEN_IP: got "300.0.0.1", wants an IP address'],
  [
    { TUREEN_ICE_SERVERS: '[]', TUREEN_TURN_URLS: 'turn:x', TUREEN_TURN_SECRET: 'north' },
    'TUREEN_ICE_SERVERS: got a value beside TUREEN_TURN_URLS',
  ],
  [{ TUREEN_TLS_CERT: 'a.pem' }, 'TUREEN_TLS_KEY: got nothing'],
  [{ TUREEN_ADMIN_USER: 'alice' }, 'TUREEN_ADMIN_PASSWORD_HASH: got nothing'],
  [{ TUREEN_ALLOWED_ORIGINS: 'example.com' }, 'TUREEN_ALLOWED_ORIGINS: got "example.com", wants an origin'],
])('%p is a mistake', (environment, start) => {
  expect(mistakesOf(environment as unknown as Record<string, string>)[0]).toStartWith(start);
});

test.each([
  'not an address!',
  'https://edge.example.com',
  'edge.example.com:40000',
  '256.1.1.1',
  '198.51.100',
  '-edge.example.com',
  'edge..example.com',
])('%p is refused as an address to announce', (address) => {
  expect(mistakesOf({ ...keys, TUREEN_ANNOUNCED_ADDRESS: `203.0.113.7, ${address}` })).toEqual([
    `TUREEN_ANNOUNCED_ADDRESS: got "203.0.113.7, ${address}", wants an IP address or a host name, without a scheme and without a port, several separated by commas`,
  ]);
});

test.each(['203.0.113.7', '2001:db8::7', 'edge', 'edge-1.example.com', '1.example'])(
  '%p can be announced',
  (address) => {
    expect(readConfig({ ...keys, TUREEN_ANNOUNCED_ADDRESS: address }).announcedAddresses).toEqual([address]);
  },
);

test('a variable that cannot be read has one line, however many settings depend on it', () => {
  const hash = { TUREEN_ADMIN_USER: 'alice', TUREEN_ADMIN_PASSWORD_HASH: 'hunter2' };
  const proxies = { TUREEN_ADMIN_USER_HEADER: 'x-user', TUREEN_TRUSTED_PROXIES: 'everywhere' };
  const variables = mistakesOf({ ...hash, ...proxies, TUREEN_API_KEY: 'a b', TUREEN_API_SECRET: secret }).map(
    (mistake) => mistake.split(':')[0],
  );
  expect(variables).toEqual(['TUREEN_API_KEY', 'TUREEN_TRUSTED_PROXIES', 'TUREEN_ADMIN_PASSWORD_HASH']);
});

test('every setting stands under one heading of the documentation', () => {
  const listed = subjects.flatMap((subject) => Object.keys(subject.settings));
  expect(listed).toEqual(Object.keys(settings));
});

test('a variable that nothing reads is told, for it is most likely misspelt', () => {
  expect(unknownVariables({ TUREEN_ANOUNCED_ADDRESS: 'x', TUREEN_WORKERS: '1', PATH: '' })).toEqual([
    'TUREEN_ANOUNCED_ADDRESS',
  ]);
});

test('worker i listens on the base port plus i, by UDP and by TCP, under the announced address', () => {
  const config = readConfig({
    ...keys,
    TUREEN_ANNOUNCED_ADDRESS: '203.0.113.7',
    TUREEN_RTC_BASE_PORT: '41000',
  });
  expect(listenInfos(config, 2)).toEqual([
    { protocol: 'udp', ip: '0.0.0.0', port: 41002, announcedAddress: '203.0.113.7' },
    { protocol: 'tcp', ip: '0.0.0.0', port: 41002, announcedAddress: '203.0.113.7' },
  ]);
});

test('a server that listens everywhere announces an address that can be reached', () => {
  expect(announcedAddresses(readConfig(keys))[0]).toMatch(/^(?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+$/);
});

test('TURN servers get credentials that belong to one peer and expire', () => {
  const config = readConfig({
    ...keys,
    TUREEN_TURN_URLS: 'turn:turn.example.com:3478',
    TUREEN_TURN_SECRET: 'north',
    TUREEN_TURN_SECONDS: '600',
  });
  // The password is what `printf 1600:alice | openssl dgst -sha1 -hmac north -binary | base64` prints.
  expect(iceServersFor(config, 'alice', 1_000_000)).toEqual([
    {
      urls: ['turn:turn.example.com:3478'],
      username: '1600:alice',
      credential: 'dN9x045+nGZ38EwLhtdqdyv3otM=',
    },
  ]);
});

test('receivers of webhooks are checked to their events, and their secrets are never shown', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const one = { name: 'one', url: 'https://example.com/hooks', secret };
  const read = (...webhooks: object[]) => readConfig({ TUREEN_WEBHOOKS: JSON.stringify(webhooks) });
  expect(read({ ...one, events: ['room_*', 'peer_left'] }).webhooks).toHaveLength(1);
  expect(() =>
    read(one, { ...one, url: 'https://a:99999/' }, { ...one, name: 'two', events: ['pear_*'] }),
  ).toThrow(
    [
      'TUREEN_WEBHOOKS: got the receiver "one" twice, wants another name for each',
      'TUREEN_WEBHOOKS: got a url for "one" that is not valid, wants one such as https://example.com/path',
      'TUREEN_WEBHOOKS: got the event "pear_*" for "two", wants one that docs/webhooks.md lists',
    ].join('\n'),
  );
  const wrong = [
    { ...one, secret: 'whsec_hidden' },
    { ...one, name: 'One' },
    { ...one, url: 'ftp://example.com/' },
    { ...one, url: 'https://user:password@example.com/' },
    { ...one, event: ['room_*'] },
  ];
  for (const each of wrong)
    expect(() => read(each)).toThrow('TUREEN_WEBHOOKS: got a value that is not shown, wants a JSON array');
});
