import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { failing, ok, type ReceivedWebhook, WebhookReceiver } from '../support/webhook-receiver.ts';
import { entry } from './world.ts';

setDefaultTimeout(120_000);

const rooms = 5;
const renames = 60;
/** Each room tells that it started, that its peer joined, and every new name. */
const whole = rooms * (renames + 2);

/** How many rows there are, seen by another process than the server's. */
function rowsIn(folder: string): number {
  const database = new Database(join(folder, 'tureen.sqlite'), { readonly: true });
  try {
    const row = database.query<{ count: number }, []>('SELECT count(*) AS count FROM webhook_outbox').get();
    return row?.count ?? 0;
  } finally {
    database.close();
  }
}

async function talk(port: number, roomId: string): Promise<SignalingClient> {
  const client = await SignalingClient.connect({ server: { port }, roomId });
  await client.request('join', { displayName: 'alice' });
  for (let count = 1; count <= renames; count += 1)
    await client.request('changeDisplayName', { displayName: `alice ${count}` });
  return client;
}

/** The sequences of a room in the order of their first arrival. */
function firstArrivals(taken: readonly ReceivedWebhook[], roomId: string): (number | null)[] {
  const seen = new Set<string>();
  return taken
    .filter(({ event }) => event.roomId === roomId && !seen.has(event.id) && seen.add(event.id))
    .map(({ event }) => event.sequence);
}

test('a server that is killed with a full outbox delivers all of it after its restart, in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-crash-'));
  await using receiver = new WebhookReceiver({ answer: failing });
  const environment = {
    TUREEN_DATA_DIR: folder,
    TUREEN_WEBHOOKS: JSON.stringify([entry('one', receiver.url)]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  };
  const roomIds = Array.from({ length: rooms }, (_, room) => `room ${room}`);
  try {
    await using first = await Program.start({ environment });
    await Promise.all(roomIds.map((roomId) => talk(first.port, roomId)));
    await until(() => rowsIn(folder) === whole, 'a full outbox');
    expect(receiver.taken).toEqual([]);
    first.process.kill('SIGKILL');
    await first.process.exited;
    expect(rowsIn(folder)).toBe(whole);

    // The second one is killed in the midst of delivering.
    receiver.answer = (received) => (receiver.taken.length < whole / 3 ? ok : failing)(received);
    await using second = await Program.start({ environment });
    await receiver.takes(whole / 4);
    second.process.kill('SIGKILL');
    await second.process.exited;
    expect(rowsIn(folder)).toBeGreaterThan(whole / 2);

    receiver.answer = ok;
    await using third = await Program.start({ environment });
    await until(() => rowsIn(folder) === 0, 'an empty outbox', 60_000);
    expect(third.process.exitCode).toBeNull();
    const all = Array.from({ length: renames + 2 }, (_, index) => index + 1);
    for (const roomId of roomIds) expect(firstArrivals(receiver.taken, roomId)).toEqual(all);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what ends with the server is told before it ends', async () => {
  await using receiver = new WebhookReceiver();
  const environment = {
    TUREEN_WEBHOOKS: JSON.stringify([
      entry('one', receiver.url, { events: ['peer_left', 'node_*', 'room_*'] }),
    ]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
    TUREEN_DRAIN_SECONDS: '0',
  };
  await using program = await Program.start({ environment });
  const client = await SignalingClient.connect({ server: program, roomId: 'a' });
  await client.request('join', { displayName: 'alice' });
  await receiver.takes(1);
  program.process.kill('SIGTERM');
  expect(await program.process.exited).toBe(0);
  const types = receiver.taken.map(({ event: { type } }) => type);
  expect(types.filter((type) => type.startsWith('node_'))).toEqual(['node_draining', 'node_drained']);
  expect(types.filter((type) => !type.startsWith('node_'))).toEqual([
    'room_started',
    'peer_left',
    'room_finished',
  ]);
});
