import { expect, setDefaultTimeout, test } from 'bun:test';
import { startServer, testSecret, withKeys } from '../support/server.ts';
import { until } from '../support/signaling-client.ts';
import { failing, ok, WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry, secret } from './webhook-world.ts';

setDefaultTimeout(60_000);

/** A server with one receiver, and a program that acts on it with a key of the dashboard. */
async function startWith(receiver: WebhookReceiver) {
  const server = await startServer({
    ...withKeys,
    TUREEN_WEBHOOKS: JSON.stringify([entry('one', `${receiver.url}/secret-path`, { events: ['room_*'] })]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  });
  const key = server.store.apiKeys.create('robot', 'admin');
  const ask = async (verb: string, path: string, body?: object, bearer = key) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text || '{}') as Record<string, never> };
  };
  return { server, ask };
}

test('a program sees how it goes with receivers, and replays and discards dead letters', async () => {
  await using receiver = new WebhookReceiver({ answer: () => new Response(null, { status: 410 }) });
  const { server, ask } = await startWith(receiver);
  await using _ = server;
  expect((await ask('POST', '/rooms', { roomId: 'a' })).status).toBe(201);
  await until(() => server.store.webhooks.letters.count() === 1, 'a dead letter');
  const { body: all } = await ask('GET', '/webhooks');
  expect(all).toMatchObject({
    items: [
      {
        name: 'one',
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
  const { body: letters } = await ask('GET', '/webhooks/dead-letters?receiver=one&limit=1');
  expect(letters).toMatchObject({
    items: [{ receiver: 'one', type: 'room_started', roomId: 'a', attempts: 1 }],
    nextCursor: null,
  });
  receiver.answer = ok;
  expect(await ask('POST', '/webhooks/dead-letters/replay', { receiver: 'one' })).toMatchObject({
    status: 202,
    body: { count: 1 },
  });
  await receiver.takes(1);
  expect(receiver.seen).toEqual(['room_started a 1']);
  expect((await ask('GET', '/webhooks')).body).toMatchObject({ items: [{ gone: false }] });
  expect(server.store.audit.search({ text: 'webhooks.replay', limit: 1 })).toMatchObject([
    { by: { kind: 'api', id: 'robot' }, details: { receiver: 'one', count: 1 } },
  ]);

  receiver.answer = () => new Response(null, { status: 410 });
  expect((await ask('DELETE', '/rooms/a')).status).toBeLessThan(300);
  await until(() => server.store.webhooks.letters.count() === 1, 'a dead letter');
  expect((await ask('POST', '/webhooks/one/let-in', {})).body).toMatchObject({ name: 'one', gone: false });
  expect((await ask('POST', '/webhooks/dead-letters/discard', {})).body).toMatchObject({ count: 1 });
  expect((await ask('GET', '/webhooks/dead-letters')).body).toMatchObject({ items: [] });
  expect((await ask('POST', '/webhooks/nobody/let-in', {})).status).toBe(404);
});

test('it needs the scope of the node', async () => {
  await using receiver = new WebhookReceiver();
  const { server, ask } = await startWith(receiver);
  await using _ = server;
  const viewer = server.store.apiKeys.create('viewer', 'viewer');
  for (const [verb, path] of [
    ['GET', '/webhooks'],
    ['GET', '/webhooks/dead-letters'],
    ['POST', '/webhooks/dead-letters/replay'],
  ] as const)
    expect((await ask(verb, path, verb === 'GET' ? undefined : {}, viewer)).status).toBe(403);
});

test('metrics tell of attempts, of what waits and for how long', async () => {
  await using receiver = new WebhookReceiver({ answer: failing });
  const { server, ask } = await startWith(receiver);
  await using _ = server;
  await ask('POST', '/rooms', { roomId: 'a' });
  await until(() => server.store.webhooks.countsOf('one').failed > 0, 'a failed attempt');
  const page = await server.measurements.text();
  expect(page).toMatch(/^tureen_webhooks_waiting\{receiver="one".*\} 1$/m);
  expect(page).toMatch(/^tureen_webhook_oldest_seconds\{receiver="one".*\} 0\.\d+$/m);
  expect(page).toMatch(/^tureen_webhook_attempts_total\{receiver="one",result="failed".*\} [1-9]$/m);
  expect(page).toMatch(/^tureen_webhook_dead_letters\{receiver="one".*\} 0$/m);
  expect(page).toMatch(/^tureen_collector_success\{collector="webhooks".*\} 1$/m);
});
