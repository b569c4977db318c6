import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Targets } from '../../src/webhooks/targets.ts';
import { makeCertificate } from '../support/certificate.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry, webhookWorld } from './world.ts';

setDefaultTimeout(60_000);

/** Hosts as they stand in an address, each of which is not on the internet. */
const refusedHosts = [
  ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.169.254', '100.64.0.1', '100.100.100.200', '0.0.0.0', '224.0.0.1', '239.255.255.250'],
  ...[
    '255.255.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
  ],
  // Other ways to write them, which the URL standard reads as the same.
  ...['2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0', '0x7f.1', '127.0.0.1.', '①②⑦.0.0.1'],
  ...['[::1]', '[::]', '[fe80::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[2001:db8::1]'],
  ...[
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:8.8.8.8]',
    '[::127.0.0.1]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
  ],
  ...[
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
    '[2001::1]',
    '[fec0::1]',
    '[100::1]',
    '[5f00::1]',
  ],
];
const publicHosts = [
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '[2606:4700::1111]',
  '[2a00:1450::1]',
  '134744072',
];

const noNames = async (): Promise<readonly string[]> => [];

test.each(refusedHosts)('%s is not sent to', async (host) => {
  await expect(new Targets([], noNames).addressesOf(new URL(`https://${host}/`))).rejects.toThrow(
    'TUREEN_WEBHOOK_ALLOW',
  );
});

test.each(publicHosts)('%s is on the internet', async (host) => {
  const url = new URL(`https://${host}/`);
  expect(await new Targets([], noNames).addressesOf(url)).toEqual([url.hostname.replace(/[[\]]/g, '')]);
});

test.each([
  ['one private address', ['10.1.2.3']],
  ['one private address among public ones', ['8.8.8.8', '169.254.169.254']],
  ['the loopback of IPv6', ['::1']],
  ['a mapped address', ['::ffff:10.0.0.1']],
  ['a link-local address with its interface', ['fe80::1%eth0']],
  ['nothing', []],
])('a name is refused that has %s', async (_, addresses) => {
  const targets = new Targets([], async () => addresses);
  await expect(targets.addressesOf(new URL('https://hooks.example.com/'))).rejects.toThrow(
    /hooks\.example\.com/,
  );
});

test('the real resolver finds that localhost is this machine', async () => {
  await expect(new Targets([]).addressesOf(new URL('https://localhost/'))).rejects.toThrow(
    'TUREEN_WEBHOOK_ALLOW',
  );
});

test('what is allowed may be private and without TLS, and nothing else', async () => {
  const resolve = async (name: string) => (name === 'inside.test' ? ['10.0.0.7'] : ['8.8.8.8']);
  const targets = new Targets(['10.0.0.0/24', 'fd00::/8'], resolve);
  expect(await targets.addressesOf(new URL('http://inside.test/'))).toEqual(['10.0.0.7']);
  expect(await targets.addressesOf(new URL('http://[fd00::1]/'))).toEqual(['fd00::1']);
  await expect(targets.addressesOf(new URL('http://10.0.1.1/'))).rejects.toThrow('TUREEN_WEBHOOK_ALLOW');
  await expect(targets.addressesOf(new URL('http://outside.test/'))).rejects.toThrow('without TLS');
  expect(await targets.addressesOf(new URL('https://outside.test/'))).toEqual(['8.8.8.8']);
  await expect(targets.addressesOf(new URL('file:///etc/passwd'))).rejects.toThrow('use https');
});

async function failureOf(world: ReturnType<typeof webhookWorld>): Promise<string> {
  await until(() => (world.outbox.state('one')?.failedAt ?? null) !== null, 'a failure');
  return world.outbox.state('one')?.error ?? '';
}

const redirect = (status: number, location: string) => () =>
  new Response(null, { status, headers: location === '' ? {} : { location } });

test.each([301, 302, 307, 308])(
  'a redirect with %d is followed, and what arrives is the same',
  async (status) => {
    await using receiver = new WebhookReceiver();
    receiver.answer = ({ path }) =>
      path === '/hooks' ? redirect(status, '/elsewhere')() : new Response(null, { status: 200 });
    await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
    world.open('a');
    await receiver.takes(1);
    const [first, second] = receiver.requests;
    expect(second?.path).toBe('/elsewhere');
    expect(second?.text).toBe(first?.text ?? '');
    expect(second?.headers['webhook-signature']).toBe(first?.headers['webhook-signature'] ?? '');
  },
);

test('a redirect to an address that is not allowed is not followed', async () => {
  await using inside = new WebhookReceiver({ hostname: '127.0.0.2' });
  await using receiver = new WebhookReceiver({ answer: redirect(307, inside.url) });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  world.open('a');
  expect(await failureOf(world)).toContain('127.0.0.2 is loopback');
  expect(inside.requests).toEqual([]);
  // The same one is reached when it is allowed: it was the check that held it back.
  world.config.webhookAllow = ['127.0.0.0/8'];
  world.webhooks.followConfig();
  world.rename('other room', 'x');
  await inside.takes(1);
});

test.each([
  ['to itself', 307, '/hooks', 'more than 3 redirects'],
  ['to another scheme', 307, 'ftp://127.0.0.1/', 'ftp: is not supported'],
  ['to nowhere', 307, '', 'a redirect without a valid Location'],
  ['that would make it a GET', 303, '/hooks', 'it answered 303'],
])('a redirect %s is a failure', async (_, status, location, failure) => {
  await using receiver = new WebhookReceiver({ answer: redirect(status, location) });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  world.open('a');
  expect(await failureOf(world)).toContain(failure);
  expect(receiver.requests.length).toBe(location === '/hooks' && status === 307 ? 4 : 1);
});

test('the connection goes to the address that was checked, whatever the name has a moment later', async () => {
  await using receiver = new WebhookReceiver();
  await using inside = new WebhookReceiver({ hostname: '127.0.0.2' });
  const answers = [['127.0.0.1'], ['127.0.0.2']];
  let asked = 0;
  const resolve = async () => answers[Math.min(asked++, 1)] ?? [];
  const url = `http://rebinding.test:${receiver.port}/hooks`;
  await using world = webhookWorld({ config: { webhooks: [entry('one', url)] }, resolve });
  world.open('a');
  await receiver.takes(1);
  expect(asked).toBe(1);
  expect(receiver.taken[0]?.headers.host).toBe(`rebinding.test:${receiver.port}`);
  world.rename('a', 'second');
  expect(await failureOf(world)).toContain('rebinding.test (127.0.0.2) is loopback');
  expect(inside.requests).toEqual([]);
});

test('an address that does not answer is not the last one that is tried', async () => {
  await using receiver = new WebhookReceiver();
  const resolve = async () => ['127.0.0.3', '127.0.0.1'];
  const config = {
    webhooks: [entry('one', `http://two.test:${receiver.port}/`)],
    webhookAllow: ['127.0.0.0/8'],
  };
  await using world = webhookWorld({ config, resolve });
  world.open('a');
  await receiver.takes(1);
});

test('with TLS the certificate has to carry the name of the host, not of the address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-webhooks-'));
  try {
    const files = await makeCertificate(folder, 'hook');
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
    await using receiver = new WebhookReceiver({ tls: { cert, key } });
    const at = (host: string) => entry(host.split('.')[0] ?? '', `https://${host}:${receiver.port}/`);
    const address = entry('address', `https://127.0.0.1:${receiver.port}/`);
    const config = { webhooks: [at('localhost'), at('other.test'), address] };
    await using world = webhookWorld({ config, ca: cert, resolve: async () => ['127.0.0.1'] });
    world.open('a');
    await receiver.takes(2);
    await until(() => (world.outbox.state('other')?.error ?? '') !== '', 'the refusal of the certificate');
    expect(world.outbox.state('other')?.error).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    const hosts = receiver.requests.map(({ headers }) => headers.host).sort();
    expect(hosts).toEqual([`127.0.0.1:${receiver.port}`, `localhost:${receiver.port}`]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
