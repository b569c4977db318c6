import { expect, test } from 'bun:test';
import { ApiAccess, mintApiToken } from '../../src/access/api-access.ts';
import { requireScope, scopes } from '../../src/access/scopes.ts';
import { mintToken } from '../../src/access/tokens.ts';
import { readConfig } from '../../src/config/config.ts';
import { testLog } from '../support/server.ts';

const now = Date.now();
const secret = 'a-secret-that-is-long-enough-for-HS256';
const keys = { TUREEN_API_KEY: 'app', TUREEN_API_SECRET: secret };
const roles = { tureen_viewer: 'viewer', tureen_admin: 'admin' } as const;
const findKey = (key: string) =>
  key in roles ? { name: key, role: roles[key as keyof typeof roles] } : undefined;
const access = new ApiAccess({
  config: readConfig(keys),
  findKey,
  clock: { now: () => now, elapsed: () => 0 },
  log: testLog,
});
const open = new ApiAccess({
  config: readConfig({}),
  findKey,
  clock: { now: () => now, elapsed: () => 0 },
  log: testLog,
});

const from = '127.0.0.1';
const request = (headers: Record<string, string> = {}, query = '') =>
  new Request(`http://server/api/v1/rooms${query}`, { headers });
const bearer = (credential: string) => request({ authorization: `Bearer ${credential}` });
const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'let in',
    (error) => error.code,
  );

test('a key of the dashboard has the scopes of its role, in a header or in the address', async () => {
  const caller = await access.authenticate(bearer('tureen_viewer'), from);
  expect(caller).toMatchObject({ by: { kind: 'api', id: 'tureen_viewer' }, address: from });
  expect([...caller.scopes]).toEqual(['read']);
  const admin = await access.authenticate(request({}, '?token=tureen_admin'), from);
  expect([...admin.scopes]).toEqual([...scopes]);
});

test('a token signed with an API key has the scopes that it names', async () => {
  const token = await mintApiToken({ key: 'app', secret, name: 'sip', scopes: ['media'], lifetime: 60, now });
  const caller = await access.authenticate(bearer(token), from);
  expect(caller.by.id).toBe('sip');
  expect(() => requireScope(caller, 'media')).not.toThrow();
  expect(() => requireScope(caller, 'node')).toThrow('this needs the scope node');
});

test('no key, a wrong key, an expired token and a token for a peer let nobody in', async () => {
  expect(await codeOf(access.authenticate(request(), from))).toBe('unauthorized');
  expect(await codeOf(access.authenticate(bearer('tureen_nobody'), from))).toBe('unauthorized');
  expect(await codeOf(access.authenticate(bearer('nonsense'), from))).toBe('unauthorized');
  const old = await mintApiToken({
    key: 'app',
    secret,
    scopes: ['read'],
    lifetime: 60,
    now: now - 3_600_000,
  });
  expect(await codeOf(access.authenticate(bearer(old), from))).toBe('unauthorized');
  const peer = await mintToken({ key: 'app', secret, roomId: 'r', peerId: 'p', lifetime: 60, now });
  expect(await codeOf(access.authenticate(bearer(peer), from))).toBe('unauthorized');
});

test('in development mode everybody on this machine may call, and no page from elsewhere', async () => {
  expect((await open.authenticate(request(), from)).scopes.size).toBe(scopes.length);
  expect(await codeOf(open.authenticate(request({ origin: 'http://localhost:3000' }), from))).toBe('let in');
  expect(await codeOf(open.authenticate(request({ origin: 'https://evil.example' }), from))).toBe(
    'forbidden',
  );
  expect(await codeOf(open.authenticate(request({ origin: 'null' }), from))).toBe('forbidden');
});
