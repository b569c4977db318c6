import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { webhookExamples } from '../../docs/webhook-examples.ts';
import {
  mintPeerToken,
  mintProgramToken,
  TureenError,
  tureenApi,
  verifyWebhook,
  WebhookVerificationError,
} from '../../packages/server-sdk/src/index.ts';
import { verifyToken } from '../../src/access/tokens.ts';
import { startServer, testKey, testSecret, withKeys } from '../support/server.ts';
import { createWorld } from '../support/world.ts';

setDefaultTimeout(60_000);

const signing = { apiKey: testKey, apiSecret: testSecret };
const apiKeys = new Map([[testKey, testSecret]]);
const addressOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}/`;
const secret = `whsec_${Buffer.from('a secret of twenty-four bytes and more').toString('base64')}`;

test('a token for a peer is what the server takes, and for that peer only', async () => {
  const grants = { publish: ['audio' as const], moderate: true };
  const request = {
    ...signing,
    roomId: 'kitchen',
    peerId: 'älice',
    displayName: 'Älice',
    metadata: { seat: 4 },
  };
  const token = await mintPeerToken({ ...request, grants, seconds: 60 });
  const now = Date.now();
  const target = { roomId: 'kitchen', peerId: 'älice' };
  expect(await verifyToken(token, { apiKeys, target, now })).toMatchObject({
    displayName: 'Älice',
    metadata: { seat: 4 },
    grants: { publish: ['audio'], subscribe: true, moderate: true, hidden: false },
  });
  const refused = (options: Parameters<typeof verifyToken>[1]) =>
    verifyToken(token, options).then(String, (e) => e.code);
  expect(await refused({ apiKeys, target: { ...target, peerId: 'bob' }, now })).toBe('forbidden');
  expect(await refused({ apiKeys, target, now: now + 200_000 })).toBe('unauthorized');
  expect(await refused({ apiKeys: new Map([[testKey, `${testSecret}!`]]), target, now })).toBe(
    'unauthorized',
  );
  const without = await mintPeerToken({ ...signing, apiSecret: '', roomId: 'a', peerId: 'b' }).then(
    String,
    String,
  );
  expect(without).toContain('TUREEN_API_SECRET');
});

test('every operation is a method, with its params in the path, the query and the body', async () => {
  await using world = await createWorld();
  const key = await mintProgramToken({ ...signing, scopes: ['read', 'rooms', 'moderate'], name: 'backend' });
  const tureen = tureenApi(addressOf(world.server), { key });
  await tureen.createRoom({ roomId: 'a/b ?', options: { maxPeers: 3, metadata: { course: 7 } } });
  const { data, etag } = await tureen.send('getRoom', { roomId: 'a/b ?' });
  expect(data).toMatchObject({
    id: 'a/b ?',
    options: { maxPeers: 3, metadata: { course: 7 } },
    locked: false,
  });
  expect((await tureen.changeRoom({ roomId: 'a/b ?', locked: true }, { ifMatch: etag ?? '' })).locked).toBe(
    true,
  );
  const producers = await tureen.listProducers({ roomId: 'room', kind: 'audio', limit: 1 });
  expect(producers.items.map(({ kind }) => kind)).toEqual(['audio']);
  expect(await tureen.closeRoom({ roomId: 'a/b ?', reason: 'over' })).toBeUndefined();
  expect((await tureen.listRooms()).items.map(({ id }) => id)).toEqual(['room']);
  const { items } = await tureen.listAudit({ limit: 5 });
  expect(items.map(({ action, by }) => [action, by.id])).toContainEqual(['room.close', 'backend']);
});

test('a refusal is thrown with its code, and an answer of somebody else is told from it', async () => {
  await using server = await startServer(withKeys);
  const key = await mintProgramToken({ ...signing, scopes: ['read'] });
  const tureen = tureenApi(addressOf(server), { key });
  const caught = (promise: Promise<unknown>) =>
    promise.then(String, (error: unknown) => error as TureenError);
  const unknown = await caught(tureen.getRoom({ roomId: 'nowhere' }));
  expect(unknown).toBeInstanceOf(TureenError);
  expect(unknown).toMatchObject({ code: 'not_found', status: 404, retryable: false });
  expect(await caught(tureen.createRoom({ roomId: 'x' }))).toMatchObject({ code: 'forbidden', status: 403 });
  expect(await caught(tureenApi(addressOf(server)).getNode())).toMatchObject({ code: 'unauthorized' });
  using proxy = Bun.serve({ port: 0, fetch: () => new Response('<h1>Bad gateway</h1>', { status: 502 }) });
  const behind = await caught(tureenApi(`${proxy.url}`).getNode());
  expect(behind).toMatchObject({ code: 'unexpected', status: 502, retryable: true });
  expect(String(behind)).toContain('Bad gateway');
  for (const roomId of ['..', '.', ''])
    expect(String(await caught(tureen.getRoom({ roomId })))).toMatch(/cannot be addressed|needs "roomId"/);
});

test('a webhook is taken with the right signature, also while the secret is changed, and no other', async () => {
  const other = `whsec_${Buffer.from('another secret of twenty-four bytes').toString('base64')}`;
  for (const [type, body] of webhookExamples()) {
    const id = JSON.parse(body).id as string;
    const signedAt = new Date();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, signedAt, body),
    };
    const event = await verifyWebhook({ secret: [other, secret], headers: new Headers(headers), body });
    expect(event).toEqual(JSON.parse(body));
    expect(event.type).toBe(type);
    if (type !== 'peer_left') continue;
    const refusal = (changes: object) =>
      verifyWebhook({ secret, headers, body, ...changes }).then(
        () => 'taken',
        (error: unknown) => (error instanceof WebhookVerificationError ? error.message : String(error)),
      );
    expect(await refusal({})).toBe('taken');
    expect(await refusal({ secret: other })).toContain('no signature matches');
    expect(await refusal({ body: body.replace('alice', 'malice') })).toContain('no signature matches');
    const old = { ...headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 600) };
    expect(await refusal({ headers: old })).toContain('too old');
    expect(await refusal({ headers: {} })).toBe('the header webhook-id is missing');
    expect(await refusal({ secret: 'no base64!' })).toContain('TUREEN_WEBHOOKS');
  }
});

test('it uses nothing but fetch and Web Crypto, so that it runs in workers, too', async () => {
  const folder = join(import.meta.dir, '..', '..', 'packages', 'server-sdk', 'src');
  const { outputs } = await Bun.build({ entrypoints: [join(folder, 'index.ts')], target: 'browser' });
  const text = (await outputs[0]?.text()) ?? '';
  expect(text).toContain('crypto.subtle');
  expect(text).not.toMatch(/\b(import|require)\s*[({"']|\bBuffer\b|\bprocess\.|\bBun\.|\bDeno\./);
});
