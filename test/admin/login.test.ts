import { expect, spyOn, test } from 'bun:test';
import { readForm } from '../../admin/panel/form.ts';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { withKeys } from '../support/server.ts';
import { password, startWithUsers, Visitor } from './support.ts';

/** Clients come through a proxy that names their addresses. */
const behindProxy = { ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.1' };

/** As `startWithUsers`, with passwords that are checked in no time: what counts here is how many are. */
async function start(...options: Parameters<typeof startWithUsers>) {
  const server = await startWithUsers(...options);
  const passwordHash = await Bun.password.hash(password, {
    algorithm: 'argon2id',
    memoryCost: 8,
    timeCost: 1,
  });
  for (const name of ['moderator', 'admin'] as const)
    server.store.users.put({ name, passwordHash, role: name, origin: 'page' });
  return server;
}

function loginTo(server: Server) {
  const visitor = Visitor.as(server, 'viewer');
  return (address: string, name: string, guess: string) =>
    visitor.post('/login', { name, password: guess }, { 'x-forwarded-for': address, cookie: '' });
}

/** How many passwords were looked at. */
function checksOf(server: Server): number {
  return server.store.audit.search({ text: 'login', limit: 100 }).length;
}

test('a stranger who guesses locks only the own address out of a name, in IPv6 the own /64', async () => {
  await using server = await start(behindProxy, { clock: new TestClock() });
  const logIn = loginTo(server);
  for (const stranger of ['198.51.100.1', '2001:db8::1']) {
    for (let count = 0; count < 5; count += 1)
      expect((await logIn(stranger, 'admin', 'wrong')).status).toBe(401);
    const refused = await logIn(stranger, 'ADMIN', password);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
  }
  expect((await logIn('2001:db8::ffff', 'admin', password)).status).toBe(429);
  expect((await logIn('2001:db8:0:1::1', 'admin', password)).status).toBe(303);
  expect((await logIn('198.51.100.2', 'admin', password)).status).toBe(303);
  // The same address may still be that of somebody else.
  expect((await logIn('198.51.100.1', 'moderator', password)).status).toBe(303);
});

test('an address that guesses many names waits for all of them', async () => {
  const clock = new TestClock();
  await using server = await start(behindProxy, { clock });
  const logIn = loginTo(server);
  // An unknown name takes as long as a known one, which twenty of them need not here.
  using check = spyOn(server.store.users, 'check').mockResolvedValue(undefined);
  for (let count = 0; count < 20; count += 1) {
    clock.advance(100);
    expect((await logIn('198.51.100.1', `name ${count}`, 'wrong')).status).toBe(401);
  }
  expect((await logIn('198.51.100.1', 'admin', password)).status).toBe(429);
  check.mockRestore();
  expect((await logIn('198.51.100.2', 'admin', password)).status).toBe(303);
});

test('guesses that come at once are not one guess', async () => {
  await using server = await start(withKeys, { clock: new TestClock() });
  const logIn = loginTo(server);
  const guesses = Array.from({ length: 30 }, (_, index) => logIn('', 'admin', `guess ${index}`));
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBe(5);
  expect(statuses.filter((status) => status === 429).length).toBe(25);
  expect(checksOf(server)).toBe(5);
});

test('passwords are checked one after the other, and few wait: the rest of very many clients is told to come again', async () => {
  await using server = await start(behindProxy);
  const logIn = loginTo(server);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => logIn(`198.51.100.${index}`, 'admin', 'wrong')),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(checksOf(server)).toBe(40 - refused.length);
  expect(refused.length).toBeGreaterThan(20);
  for (const { headers } of refused) expect(headers.get('retry-after')).toBe('1');
  // Who was sent away has not failed.
  for (let count = 0; count < 4; count += 1)
    expect((await logIn('198.51.100.39', 'admin', 'wrong')).status).toBe(401);
  expect((await logIn('198.51.100.39', 'admin', password)).status).toBe(303);
});

test('the dashboard is paced by address as everything else is', async () => {
  const clock = new TestClock();
  const environment = { ...behindProxy, TUREEN_ADDRESS_REQUESTS_PER_SECOND: '1' };
  await using server = await start(environment, { clock });
  const ask = (address: string) =>
    fetch(`http://127.0.0.1:${server.port}/admin/login`, { headers: { 'x-forwarded-for': address } });
  for (let count = 0; count < 5; count += 1) expect((await ask('198.51.100.1')).status).toBe(200);
  const refused = await ask('198.51.100.1');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await ask('198.51.100.2')).status).toBe(200);
  clock.advance(1000);
  expect((await ask('198.51.100.1')).status).toBe(200);
});

test('a form that is cut off on its way is no mistake of the server', async () => {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('name=')),
    pull: (controller) => controller.error(new DOMException('The connection was closed.', 'AbortError')),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = new Request('http://tureen/admin/login', { method: 'POST', body, headers });
  const refusal = await readForm(request).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'invalid_message' });
});
