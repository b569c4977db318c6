import { expect, setDefaultTimeout, test } from 'bun:test';
import { tureenServer } from '../../client/server.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { createWorld } from '../support/world.ts';

setDefaultTimeout(60_000);

const addressOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}/`;

test('a server creates a room, reads it and changes it only as it knows it', async () => {
  await using server = await startServer(withKeys);
  const api = tureenServer(addressOf(server), { key: await apiKey() });
  const created = await api.rooms.post(
    { roomId: 'a/b ?', options: { maxPeers: 3, metadata: { course: 7 } } },
    { headers: { 'idempotency-key': 'one' } },
  );
  expect(created.status).toBe(201);
  const id: string | undefined = created.data?.id;
  expect(id).toBe('a/b ?');
  const room = await api.rooms({ roomId: 'a/b ?' }).get();
  expect(room.data?.options).toEqual({ maxPeers: 3, metadata: { course: 7 } });
  const changed = await api.rooms({ roomId: 'a/b ?' }).patch({ locked: true });
  expect(changed.data?.locked).toBe(true);
  const etag = room.response.headers.get('etag') ?? '';
  const late = await api
    .rooms({ roomId: 'a/b ?' })
    .patch({ locked: false }, { headers: { 'if-match': etag } });
  expect(late.data).toBeNull();
  expect(late.error?.status).toBe(412);
  expect(late.error?.value.code).toBe('precondition_failed');
  const closed = await api.rooms({ roomId: 'a/b ?' }).delete(undefined, { query: { reason: 'over' } });
  expect([closed.status, closed.error]).toEqual([204, null]);
});

test('lists, statistics and the node are typed, and a failure says what to do', async () => {
  await using world = await createWorld();
  const api = tureenServer(addressOf(world.server), { key: await apiKey() });
  const { data: producers } = await api
    .rooms({ roomId: 'room' })
    .producers.get({ query: { kind: 'audio', limit: 1 } });
  expect(producers?.items.map(({ kind }) => kind)).toEqual(['audio']);
  expect(typeof producers?.nextCursor).toBe('string');
  const producerId = world.ids.producer ?? '';
  const muted = await api.rooms({ roomId: 'room' }).producers({ producerId }).pause.put();
  expect(muted.data?.pausedBy).toContain('moderator');
  const { data: stats } = await api.rooms({ roomId: 'room' }).producers({ producerId }).stats.get();
  expect(Array.isArray(stats?.stats)).toBe(true);
  const { data: node } = await api.node.get();
  expect(node?.peers).toBe(2);
  const { data: top } = await api.metrics.top.get();
  expect(top?.byLoss).toEqual([]);
  const unknown = await api.rooms({ roomId: 'nowhere' }).get();
  expect(unknown.error?.value.detail).toContain('there is no room "nowhere"');
});

test('without a key it is told that one is needed', async () => {
  await using server = await startServer(withKeys);
  const { error } = await tureenServer(addressOf(server)).node.get();
  expect(error?.value.code).toBe('unauthorized');
});

test('what does not fit the table does not compile', () => {
  const wrong = async (api: ReturnType<typeof tureenServer>) => {
    // @ts-expect-error a room is made with an id
    await api.rooms.post({});
    // @ts-expect-error there is no such option
    await api.rooms.post({ roomId: 'x', options: { colour: 'red' } });
    // @ts-expect-error a room is not made by PUT
    await api.rooms({ roomId: 'x' }).put({});
    // @ts-expect-error a kind is audio or video
    await api.rooms({ roomId: 'x' }).producers.get({ query: { kind: 'smell' } });
    // @ts-expect-error there is no such path
    await api.kitchen.get();
    const { data } = await api.rooms({ roomId: 'x' }).get();
    // @ts-expect-error locked is a boolean
    const locked: string | undefined = data?.locked;
    return locked;
  };
  expect(wrong).toBeFunction();
});
