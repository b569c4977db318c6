import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { ok, WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry } from '../webhooks/world.ts';
import { hostileNames } from './fixture-names.ts';
import { select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

const gone = () => new Response(null, { status: 410 });

/** A server whose receiver has answered 410 Gone to what happened in rooms with such names. */
async function startWithLetters(receiver: WebhookReceiver, rooms: readonly string[]) {
  const server = await startWithUsers({
    ...withKeys,
    TUREEN_WEBHOOKS: JSON.stringify([entry('billing', receiver.url)]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  });
  for (const roomId of rooms) await killOne(server, roomId);
  return server;
}

/** Makes a dead letter of something that happened in a room. */
async function killOne({ sfu, store }: Server, roomId: string): Promise<void> {
  const before = store.webhooks.deadLetters.count();
  store.webhooks.resume('billing');
  sfu.events.emit('roomOpened', { roomId, workerIndex: 0 });
  await until(() => store.webhooks.deadLetters.count() > before, 'a dead letter');
}

const rows = async (visitor: Visitor, id: string) =>
  await select(await visitor.text('/webhooks'), `#${id} tbody tr`);

test('the page shows receivers and dead letters, and those who may only look have no buttons', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  await using server = await startWithLetters(receiver, ['standup']);
  const admin = Visitor.as(server, 'admin');
  const [shown = ''] = await rows(admin, 'receivers');
  expect(shown).toContain('billing');
  expect(shown).toContain(`http://127.0.0.1:${receiver.port}`);
  expect(shown).not.toContain('/hooks');
  expect(shown).toContain('gone');
  expect(shown).toContain('it answered 410');
  const [letter = ''] = await rows(admin, 'letters');
  expect(letter).toContain('room_started');
  expect(letter).toContain('in standup');
  expect(letter).toContain('after 1 attempt');
  const buttons = 'main td.act a, main td.act button';
  expect(await select(await admin.text('/webhooks'), buttons)).toEqual([
    'Resume',
    'Replay all',
    'Discard all…',
    'Replay',
    'Discard…',
  ]);
  expect(await select(await Visitor.as(server, 'viewer').text('/webhooks'), buttons)).toEqual([]);
});

test('a dead letter is replayed, another discarded, and both are in the audit log', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  await using server = await startWithLetters(receiver, ['first', 'second', 'third']);
  const { deadLetters: letters } = server.store.webhooks;
  const [third, second] = letters.list({ limit: 2 });
  const admin = Visitor.as(server, 'admin');
  receiver.answer = ok;
  await admin.post('/do/webhooks/replay', { id: String(second?.id) });
  await receiver.takes(1);
  expect(receiver.seen).toEqual(['room_started second 1']);
  await admin.post('/do/webhooks/discard', { id: String(third?.id) });
  expect(letters.list({ limit: 9 }).map(({ roomId }) => roomId)).toEqual(['first']);
  await admin.post('/do/webhooks/replay', { receiver: 'billing' });
  await receiver.takes(2);
  expect(letters.count()).toBe(0);
  const again = await admin.post('/do/webhooks/replay', { receiver: 'billing' }, { 'hx-request': 'true' });
  expect(await again.text()).toContain('gone already');
  const entries = server.store.audit.search({ text: 'webhooks.', limit: 9 });
  expect(entries.map(({ action, by, result }) => [action, by.id, result?.split(':')[0]])).toEqual([
    ['webhooks.replay', 'admin', 'failed'],
    ['webhooks.replay', 'admin', 'done'],
    ['webhooks.discard', 'admin', 'done'],
    ['webhooks.replay', 'admin', 'done'],
  ]);
});

test('a receiver that was gone is resumed by an admin and by nobody else', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  await using server = await startWithLetters(receiver, ['first']);
  const isGone = () => server.store.webhooks.isGone('billing', receiver.url);
  const fields = { receiver: 'billing' };
  for (const role of ['viewer', 'moderator'] as const) {
    const response = await Visitor.as(server, role).post('/do/webhooks/resume', fields);
    expect(response.status).toBe(403);
  }
  expect(isGone()).toBe(true);
  await Visitor.as(server, 'admin').post('/do/webhooks/resume', fields);
  expect(isGone()).toBe(false);
  expect((await rows(Visitor.as(server, 'admin'), 'receivers')).join()).not.toContain('Resume');
});

test('a room with a hostile name is text on the page', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  await using server = await startWithLetters(receiver, hostileNames);
  const html = await Visitor.as(server, 'admin').text('/webhooks');
  expect(
    await select(html, 'main script, main img, main svg[onload], main hx-partial, main [onfocus]'),
  ).toEqual([]);
  expect(await select(html, '#letters tbody tr')).toHaveLength(hostileNames.length);
});
