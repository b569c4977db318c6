import { expect, setDefaultTimeout, test } from 'bun:test';
import { Webhook } from 'standardwebhooks';
import { defaultTypes } from '../../src/config/webhook-receivers.ts';
import { serverActor } from '../../src/core/actors.ts';
import { retryDelayMs } from '../../src/webhooks/delivery.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import { failing, ok, WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry, secret, webhookWorld } from './world.ts';

setDefaultTimeout(60_000);

const hour = 3600_000;
const second = 1000;
/** A response that never comes. */
const never = () => new Promise<Response>(() => {});

/** The receiver's library takes the time in a signature for fresh only when it is of now. */
const freshClock = () => new TestClock(Date.now());

test('a receiver gets signed events with ids, and the sequence of each room', async () => {
  await using receiver = new WebhookReceiver();
  const config = { webhooks: [entry('one', receiver.url)] };
  await using world = webhookWorld({ config, clock: freshClock() });
  world.open('a');
  world.open('b');
  world.rename('a', 'Zoë ✓');
  world.bus.emit('drainStarted', { deadline: 1, by: serverActor });
  world.close('a');
  await receiver.takes(5);
  const ofA = receiver.taken.map(({ event }) => event).filter(({ roomId }) => roomId === 'a');
  expect(ofA.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['room_started', 1],
    ['peer_renamed', 2],
    ['room_finished', 3],
  ]);
  for (const { headers, text, event } of receiver.taken) {
    expect(new Webhook(secret).verify(text, headers)).toEqual(event);
    expect(headers['webhook-id']).toBe(event.id);
    expect(event.node).toBe('node-1');
    expect(() => new Webhook(secret).verify(`${text} `, headers)).toThrow();
  }
  expect(new Set(receiver.taken.map(({ event }) => event.id)).size).toBe(5);
  await until(() => world.outbox.state('one')?.waiting === 0, 'an empty outbox');
});

test('while a secret is changed, both the old and the new one verify', async () => {
  await using receiver = new WebhookReceiver();
  const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
  const config = { webhooks: [entry('one', receiver.url, { secret: [other, secret] })] };
  await using world = webhookWorld({ config, clock: freshClock() });
  world.open('a');
  await receiver.takes(1);
  const [{ text = '', headers = {} } = {}] = receiver.taken;
  for (const each of [secret, other]) expect(new Webhook(each).verify(text, headers)).toBeTruthy();
});

test('a receiver gets the events that it names, and without names not those of consumers and speakers', async () => {
  await using some = new WebhookReceiver();
  await using usual = new WebhookReceiver();
  const webhooks = [
    entry('some', some.url, { events: ['active_speaker', 'room_*'] }),
    entry('usual', usual.url),
  ];
  await using world = webhookWorld({ config: { webhooks } });
  world.open('a');
  world.bus.emit('activeSpeaker', { roomId: 'a', peerId: 'p', volume: -3 });
  world.rename('a', 'P');
  world.close('a');
  await Promise.all([some.takes(3), usual.takes(3)]);
  expect(some.seen).toEqual(['room_started a 1', 'active_speaker a 2', 'room_finished a 4']);
  expect(usual.seen).toEqual(['room_started a 1', 'peer_renamed a 3', 'room_finished a 4']);
  expect(defaultTypes).toContain('peer_removed');
  expect(defaultTypes).not.toContain('consumer_opened');
});

test('a receiver that fails gets everything later, in order, and each time after a longer rest', async () => {
  await using receiver = new WebhookReceiver({ answer: failing });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  world.open('a');
  world.rename('a', '1');
  for (let failed = 1; failed <= 4; failed += 1) {
    await receiver.isAsked(failed);
    await until(() => world.outbox.countsOf('one').failed === failed && rests(world));
    // Before two thirds of the rest nothing is tried: its end is what is due next, and not that of an attempt.
    const rest = 2 ** (failed - 1) * second;
    world.clock.advance(rest * 0.66);
    expect(world.clock.untilNext).toBeLessThanOrEqual(rest * 0.34);
    expect(receiver.requests).toHaveLength(failed);
    if (failed === 4) receiver.answer = ok;
    world.clock.advance(rest * 0.34);
  }
  await receiver.takes(2);
  expect(receiver.seen).toEqual(['room_started a 1', 'peer_renamed a 2']);
  expect(world.lines.join('\n')).toContain('it answered 503');
  expect(world.lines.join('\n')).toContain('delivered again');
});

/** Whether the last attempt is written down, after which its room rests. */
function rests({ outbox }: ReturnType<typeof webhookWorld>): boolean {
  const { failed } = outbox.countsOf('one');
  return failed > 0 && outbox.get(outbox.waiting('one')[0]?.id ?? 0)?.attempts === failed;
}

test('rests double from a second to five minutes, less up to a third by chance', () => {
  expect([0, 1, 2, 8, 9, 5000].map((failed) => retryDelayMs(failed, () => 0))).toEqual([
    1000, 2000, 4000, 256_000, 300_000, 300_000,
  ]);
  expect(retryDelayMs(0, () => 1)).toBeCloseTo(667, 0);
});

test('an event that its receiver cannot take holds up its own room and no other', async () => {
  await using receiver = new WebhookReceiver({
    answer: ({ event }) => (event.roomId === 'bad' ? failing : ok)({ event } as never),
  });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  world.open('bad');
  world.rename('bad', 'later');
  world.open('good');
  world.close('good');
  await receiver.takes(2);
  expect(receiver.seen).toEqual(['room_started good 1', 'room_finished good 2']);
  expect(receiver.requests.filter(({ event }) => event.type === 'peer_renamed')).toEqual([]);
});

test('a receiver that hangs is left after ten seconds and holds up no other receiver', async () => {
  await using hanging = new WebhookReceiver({ answer: never });
  await using alive = new WebhookReceiver();
  const dead = entry('dead', 'http://127.0.0.1:1/hooks');
  const webhooks = [entry('hanging', hanging.url), dead, entry('alive', alive.url)];
  await using world = webhookWorld({ config: { webhooks } });
  for (let count = 0; count < 50; count += 1) world.rename('a', String(count));
  await alive.takes(50);
  expect(alive.taken.map(({ event }) => event.sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  // What is on its way when the clock moves on would be cut off as well.
  await until(() => world.outbox.state('alive')?.waiting === 0, 'an empty outbox');
  await hanging.isAsked(1);
  expect(hanging.requests).toHaveLength(1);
  hanging.answer = ok;
  world.clock.advance(10 * second);
  await until(() => world.outbox.state('hanging')?.error === 'no answer within 10000 ms', 'the time limit');
  world.clock.advance(second);
  await hanging.takes(50);
  expect(hanging.seen).toEqual(alive.seen);
  expect(world.outbox.state('dead')).toMatchObject({ waiting: 50, deliveredAt: null });
});

test('rooms go beside each other, but only eight at once', async () => {
  const answers: (() => void)[] = [];
  await using receiver = new WebhookReceiver({
    answer: () => new Promise((resolve) => answers.push(() => resolve(new Response()))),
  });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  for (let room = 0; room < 20; room += 1) world.open(`room ${room}`);
  await receiver.isAsked(8);
  answers.shift()?.();
  await receiver.isAsked(9);
  expect(receiver.requests.length - receiver.taken.length).toBe(8);
  await until(() => {
    answers.shift()?.();
    return receiver.taken.length === 20;
  }, 'the other rooms');
});

test('what is not delivered within a day becomes a dead letter, and arrives when it is replayed', async () => {
  await using receiver = new WebhookReceiver({ answer: failing });
  // An attempt has all the time, since the test moves the clock on while it is on its way.
  const config = { webhooks: [entry('one', receiver.url)] };
  await using world = webhookWorld({ config, attemptTimeoutMs: 1000 * hour });
  world.open('a');
  world.rename('a', '1');
  const counts = world.outbox.countsOf('one');
  let asked = 0;
  for (;;) {
    asked += 1;
    await receiver.isAsked(asked);
    await until(() => world.outbox.deadLetters.count() === 2 || (counts.failed === asked && rests(world)));
    if (world.outbox.deadLetters.count() === 2) break;
    world.clock.advance(5 * 60 * second);
  }
  // Doubling to five minutes and then every five minutes makes about 290 attempts a day.
  expect(asked).toBeGreaterThan(200);
  expect(asked).toBeLessThan(500);
  const letters = world.outbox.deadLetters.list({ limit: 10 });
  expect(letters.map(({ type, error }) => [type, error])).toEqual([
    ['peer_renamed', 'it answered 503'],
    ['room_started', 'it answered 503'],
  ]);
  for (const { createdAt, diedAt } of letters) expect(diedAt - createdAt).toBeGreaterThanOrEqual(24 * hour);
  expect(world.outbox.state('one')).toMatchObject({ waiting: 0, dead: 2 });
  receiver.answer = ok;
  expect(world.outbox.replay({ receiver: 'one' })).toBe(2);
  await receiver.takes(2);
  expect(receiver.seen).toEqual(['room_started a 1', 'peer_renamed a 2']);
  await until(() => world.outbox.state('one')?.waiting === 0, 'an empty outbox');
  expect(world.outbox.deadLetters.count()).toBe(0);
});

test('a receiver that answers 410 Gone gets nothing more until it is resumed', async () => {
  await using receiver = new WebhookReceiver({ answer: () => new Response(null, { status: 410 }) });
  await using world = webhookWorld({ config: { webhooks: [entry('one', receiver.url)] } });
  world.open('a');
  world.rename('a', 'waits behind it');
  await until(() => world.outbox.deadLetters.count() === 2, 'two dead letters');
  world.rename('a', 'never kept');
  expect(receiver.requests).toHaveLength(1);
  expect(world.lines.join('\n')).toContain('410 Gone');
  receiver.answer = ok;
  world.outbox.resume('one');
  world.rename('a', 'kept again');
  await receiver.takes(1);
  expect(receiver.seen).toEqual(['peer_renamed a 4']);
  world.outbox.replay({ ids: world.outbox.deadLetters.list({ limit: 1 }).map(({ id }) => id) });
  await receiver.takes(2);
  expect(receiver.seen[1]).toBe('peer_renamed a 2');
  expect(world.outbox.deadLetters.count()).toBe(1);
  expect(world.outbox.deadLetters.discard({})).toBe(1);
});

test('when too many wait for a receiver, the oldest are given up', async () => {
  await using receiver = new WebhookReceiver({ answer: failing });
  const config = { webhooks: [entry('one', receiver.url)] };
  await using world = webhookWorld({ config, maxWaiting: 5 });
  for (let count = 1; count <= 12; count += 1) world.rename('a', String(count));
  await receiver.isAsked(1);
  await until(() => rests(world) && world.outbox.state('one')?.waiting === 12, 'a rest');
  receiver.answer = ok;
  world.clock.advance(10 * second);
  await receiver.takes(6);
  // The first was on its way already when it was given up.
  expect(receiver.taken.map(({ event }) => event.sequence)).toEqual([1, 8, 9, 10, 11, 12]);
  await until(() => world.outbox.state('one')?.waiting === 0, 'an empty outbox');
  expect(world.outbox.deadLetters.count()).toBe(6);
  expect(world.outbox.deadLetters.list({ limit: 1 })[0]?.error).toBe('more than 5 waited for the receiver');
});

test('receivers change with the configuration: what waited for one that is away is kept as dead letters', async () => {
  await using before = new WebhookReceiver({ answer: failing });
  await using after = new WebhookReceiver();
  await using world = webhookWorld({ config: { webhooks: [entry('one', before.url)] } });
  world.open('a');
  await before.isAsked(1);
  await until(() => rests(world), 'a rest');
  world.config.webhooks = [entry('other', after.url)];
  world.webhooks.followConfig();
  world.rename('a', '1');
  await after.takes(1);
  await until(() => world.outbox.deadLetters.count() === 1, 'a dead letter');
  expect(world.outbox.deadLetters.list({ limit: 1 })[0]?.error).toContain('not configured any more');
});
