import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { Monitor } from '../../admin/live/monitor.ts';
import type { AttackReport } from '../../bench/loads/attack.ts';
import { type HeldLoad, holdLoad } from '../../bench/loads/load-process.ts';
import { type AttackName, type AttackOptions, attackNames } from '../../bench/neighbour/attacks.ts';
import type { Server } from '../../src/app/server.ts';
import { password, startWithUsers } from '../admin/support.ts';
import { testKey, testSecret, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { Witness } from '../support/witness.ts';

setDefaultTimeout(120_000);

/** What the attacker may have of the server, in counts: the benchmark times what that does to a neighbour. */
const limits = {
  messagesPerSecond: 20,
  requestsPerSecond: 20,
  players: 3,
} as const;
/** Seconds' worth of messages or requests that pass at once. */
const burstSeconds = 5;

const running: HeldLoad<unknown>[] = [];
afterEach(async () => {
  for (const load of running.splice(0)) await load[Symbol.asyncDispose]();
});

async function start(): Promise<Server & AsyncDisposable> {
  return await startWithUsers({
    ...withKeys,
    TUREEN_TRUSTED_PROXIES: '127.0.0.1',
    TUREEN_MESSAGES_PER_SECOND: String(limits.messagesPerSecond),
    TUREEN_ADDRESS_REQUESTS_PER_SECOND: String(limits.requestsPerSecond),
    TUREEN_MAX_SESSIONS_PER_SUBJECT: String(limits.players),
  });
}

/** Lets an attack run until a neighbour in another room has got so many answers. */
async function underAttack(server: Server, name: AttackName) {
  const options: AttackOptions = {
    name,
    port: server.port,
    key: testKey,
    secret: testSecret,
    user: 'viewer',
    password,
  };
  const startedAt = performance.now();
  const attack = await holdLoad('attack', options);
  running.push(attack);
  await using witness = await Witness.in(server, {
    roomId: 'neighbours',
    token: await tokenFor('neighbours', 'witness'),
  });
  // Paced like everybody else: what passes at once, and then some.
  const wanted = limits.messagesPerSecond * (burstSeconds + 1);
  await until(() => witness.answers >= wanted, 'the answers for the neighbour', 60_000);
  attack.write('stop');
  const answers = await attack.next<AttackReport>();
  return { answers, seconds: (performance.now() - startedAt) / 1000 };
}

const passing = (perSecond: number, seconds: number) => perSecond * (burstSeconds + Math.ceil(seconds));

test('of big frames each peer gets in what its pace allows by their bytes', async () => {
  await using server = await start();
  const { answers, seconds } = await underAttack(server, 'frames');
  const kibibytes = Math.floor((answers.answered ?? 0) * 60);
  expect(answers.answered).toBeGreaterThan(0);
  expect(kibibytes).toBeLessThanOrEqual(8 * passing(limits.messagesPerSecond, seconds));
});

test('of long session descriptions none is taken, and few are read', async () => {
  await using server = await start();
  const { answers, seconds } = await underAttack(server, 'sdp');
  expect(Object.keys(answers).sort()).toEqual(['400', '429']);
  // A session counts as four requests.
  expect(answers[400]).toBeLessThanOrEqual(passing(limits.requestsPerSecond, seconds) / 4);
});

test('one token gets as many players as its subject may have', async () => {
  await using server = await start();
  const { answers } = await underAttack(server, 'whep');
  expect(answers[201]).toBe(limits.players);
  expect(answers[429]).toBeGreaterThan(limits.players);
});

test('of wrong passwords from many addresses one is checked at a time', async () => {
  await using server = await start();
  let checked = 0;
  let atOnce = 0;
  let most = 0;
  const { verify } = Bun.password;
  Bun.password.verify = (async (...args: Parameters<typeof verify>) => {
    checked += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    return await verify.apply(Bun.password, args).finally(() => {
      atOnce -= 1;
    });
  }) as typeof verify;
  try {
    const { answers } = await underAttack(server, 'logins');
    expect(checked).toBeGreaterThan(0);
    expect(most).toBe(1);
    expect(answers[429]).toBeGreaterThan(0);
    expect(Object.keys(answers).sort()).toEqual(['401', '429']);
  } finally {
    Bun.password.verify = verify;
  }
});

test('live pages of one user are limited in number, and rendered one after the other', async () => {
  await using server = await start();
  let renders = 0;
  // The page of this attack reads it once each time that it is rendered.
  const { snapshot } = Monitor.prototype;
  Monitor.prototype.snapshot = function counted(this: Monitor) {
    renders += 1;
    return snapshot.call(this);
  };
  using _restored = {
    [Symbol.dispose]: () => {
      Monitor.prototype.snapshot = snapshot;
    },
  };
  const { answers, seconds } = await underAttack(server, 'pages');
  expect(answers[200]).toBe(24);
  expect(renders).toBeGreaterThanOrEqual(24);
  // Four times a second each is the most that there would be without anything else to do.
  expect(renders).toBeLessThanOrEqual(24 * 4 * Math.ceil(seconds));
});

test('silent connections to the media port leave the worker and its calls alone', async () => {
  await using server = await start();
  const before = server.sfu.snapshot().workers[0]?.pid;
  const { answers } = await underAttack(server, 'tcp');
  expect(answers.connected).toBeGreaterThan(0);
  expect(server.sfu.snapshot().workers[0]?.pid).toBe(before);
  expect(server.sfu.snapshot().unreadyReasons).toEqual([]);
});

test('every attack is counted here', () => {
  expect([...attackNames]).toEqual(['frames', 'sdp', 'whep', 'logins', 'pages', 'tcp']);
});
