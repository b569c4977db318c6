import { expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Operation } from '../../src/operations/operation.ts';
import { findOperation, type OperationName } from '../../src/operations/table/index.ts';
import { exampleRequest } from '../../src/rest/example.ts';
import { basePath } from '../../src/rest/headers.ts';
import { Caller } from '../rest/support.ts';
import { apiKey, startServer, testSecret, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { failing, ok, WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry, secret } from './world.ts';

setDefaultTimeout(60_000);

/** A server with the receiver of the examples, and a program that acts on it. */
async function startWith(receiver: WebhookReceiver) {
  const webhooks = [entry('billing', `${receiver.url}/secret-path`, { events: ['room_*'] })];
  const server = await startServer({
    ...withKeys,
    TUREEN_WEBHOOKS: JSON.stringify(webhooks),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  });
  const caller = new Caller(server, await apiKey());
  const ask = async (name: OperationName, params: object = {}) => {
    const operation = findOperation(name) as Operation;
    const { method, path, body } = exampleRequest(operation, params);
    const { status, json } = await caller.call(path.slice(basePath.length), { method, body });
    if (status < 300) expect([...Value.Errors(operation.result, json)]).toEqual([]);
    return { status, json };
  };
  return { server, ask, caller };
}

const gone = () => new Response(null, { status: 410 });

test('a program sees how it goes with receivers, and replays and discards dead letters', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  const { server, ask, caller } = await startWith(receiver);
  await using _ = server;
  expect((await caller.post('/rooms', { roomId: 'a' })).status).toBe(201);
  await until(() => server.store.webhooks.deadLetters.count() === 1, 'a dead letter');
  const { json: all } = await ask('listWebhooks');
  expect(all).toMatchObject({
    items: [
      {
        name: 'billing',
        address: `http://127.0.0.1:${receiver.port}`,
        events: ['room_started', 'room_changed', 'room_locked', 'room_unlocked', 'room_finished'],
        waiting: 0,
        deadLetters: 1,
        error: 'it answered 410',
        gone: true,
      },
    ],
  });
  for (const hidden of [secret, 'secret-path', testSecret]) expect(JSON.stringify(all)).not.toContain(hidden);
  expect((await ask('listDeadLetters', { receiver: 'billing', limit: 1 })).json).toMatchObject({
    items: [{ receiver: 'billing', type: 'room_started', roomId: 'a', attempts: 1 }],
    nextCursor: null,
  });
  receiver.answer = ok;
  expect(await ask('replayDeadLetters', { receiver: 'billing' })).toMatchObject({
    status: 202,
    json: { count: 1 },
  });
  await receiver.takes(1);
  expect(receiver.seen).toEqual(['room_started a 1']);
  expect((await ask('listWebhooks')).json).toMatchObject({ items: [{ gone: false }] });
  expect(server.store.audit.search({ text: 'webhooks.replay', limit: 1 })).toMatchObject([
    { by: { kind: 'api' }, details: { receiver: 'billing', count: 1 } },
  ]);
});

test('a receiver that is gone is resumed, and what it missed is discarded', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  const { server, ask, caller } = await startWith(receiver);
  await using _ = server;
  await caller.post('/rooms', { roomId: 'a' });
  await until(() => server.store.webhooks.deadLetters.count() === 1, 'a dead letter');
  expect((await ask('resumeWebhook', { name: 'billing' })).json).toMatchObject({
    name: 'billing',
    gone: false,
  });
  expect(await ask('resumeWebhook', { name: 'nobody' })).toMatchObject({
    status: 404,
    json: { code: 'not_found' },
  });
  const [letter] = server.store.webhooks.deadLetters.list({ limit: 1 });
  expect((await ask('discardDeadLetters', { ids: [(letter?.id ?? 0) + 1] })).json).toEqual({ count: 0 });
  expect((await ask('discardDeadLetters', { ids: [letter?.id] })).json).toEqual({ count: 1 });
  expect((await ask('listDeadLetters')).json).toMatchObject({ items: [] });
});

test('the old name of resuming works, and is marked as deprecated', async () => {
  await using receiver = new WebhookReceiver({ answer: gone });
  const { server, ask, caller } = await startWith(receiver);
  await using _ = server;
  await caller.post('/rooms', { roomId: 'a' });
  await until(() => server.store.webhooks.deadLetters.count() === 1, 'a dead letter');
  expect((await ask('letInWebhook', { name: 'billing' })).json).toMatchObject({
    name: 'billing',
    gone: false,
  });
  expect(server.store.audit.search({ text: 'webhooks.', limit: 1 })).toMatchObject([
    { by: { kind: 'api' }, action: 'webhooks.resume', details: { name: 'billing' } },
  ]);
  const { json } = await caller.get('/openapi.json');
  const paths = json?.paths as Record<string, Record<string, { deprecated?: boolean }>>;
  const deprecated = Object.keys(paths).filter((path) => paths[path]?.post?.deprecated);
  expect(deprecated).toEqual(['/webhooks/{name}/let-in']);
});

test('metrics tell of attempts, of what waits and for how long', async () => {
  await using receiver = new WebhookReceiver({ answer: failing });
  const { server, caller } = await startWith(receiver);
  await using _ = server;
  await caller.post('/rooms', { roomId: 'a' });
  await until(() => server.store.webhooks.countsOf('billing').failed > 0, 'a failed attempt');
  const page = await server.measurements.text();
  expect(page).toMatch(/^tureen_webhooks_waiting\{receiver="billing".*\} 1$/m);
  expect(page).toMatch(/^tureen_webhook_oldest_seconds\{receiver="billing".*\} 0\.\d+$/m);
  expect(page).toMatch(/^tureen_webhook_attempts_total\{receiver="billing",result="failed".*\} [1-9]$/m);
  expect(page).toMatch(/^tureen_webhook_dead_letters\{receiver="billing".*\} 0$/m);
  expect(page).toMatch(/^tureen_collector_success\{collector="webhooks".*\} 1$/m);
});
