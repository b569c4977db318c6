import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { Sfu } from '../../src/sfu/sfu.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { addUsers, select, Visitor } from './support.ts';

setDefaultTimeout(60_000);

const size = 5000;

/** Peers without sockets, of the audience. */
async function fill(sfu: Sfu): Promise<void> {
  const grants = { publish: false, subscribe: true, moderate: false, hidden: false };
  for (let number = 1; number <= size; number += 1) {
    const peerId = `peer-${number}`;
    const identity = { roomId: 'large', peerId, subject: peerId, metadata: {}, grants, address: '192.0.2.1' };
    const peer = await sfu.enter(identity, { gone: Promise.resolve(), close: () => {} });
    sfu.room('large').join(peer, { displayName: `Person ${number}`, device: {}, autoSubscribe: false });
  }
}

let server: Server;

beforeAll(async () => {
  server = await startServer({ ...withKeys, TUREEN_MAX_PEERS_PER_ROOM: '9000' });
  await addUsers(server.store);
  await fill(server.sfu);
});

afterAll(async () => await server.stop());

test('the page of a room of 5,000 has fifty of them, the audience too, and a link to the next ones', async () => {
  const visitor = Visitor.as(server, 'moderator');
  const first = await visitor.text('/room?room=large');
  expect(await select(first, '.page-head .note, .head .note, header .note')).toEqual(
    expect.arrayContaining([expect.stringContaining('5000 peers')]),
  );
  expect(await select(first, 'article.peer h3')).toHaveLength(50);
  expect(await select(first, '.pager span')).toEqual(['Page 1 of 100']);
  const last = await visitor.text('/room?room=large&page=100');
  expect((await select(last, 'article.peer h3')).map((name) => name.trim())).toContain('Person 5000');
  const found = await visitor.text('/room?room=large&q=person+4321');
  expect((await select(found, 'article.peer h3')).map((name) => name.trim())).toEqual(['Person 4321']);
  // What a live page gets first is the same content.
  const parts = await visitor.text('/parts/room?room=large');
  expect(await select(parts, 'article.peer h3')).toHaveLength(50);
});

test('REST has the audience of a large room page by page', async () => {
  const authorization = `Bearer ${await apiKey(['read'])}`;
  const read = async (query: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms/large/peers${query}`, {
      headers: { authorization },
    });
    return (await answer.json()) as { items: { id: string; address: string }[]; nextCursor: string | null };
  };
  const first = await read('');
  expect(first.items).toHaveLength(50);
  expect(first.items[0]).toMatchObject({ id: 'peer-1', address: '192.0.2.1', connections: [] });
  const next = await read(`?limit=2&cursor=${first.nextCursor}`);
  expect(next.items).toHaveLength(2);
  expect(next.items[0]?.id).not.toBe(first.items[49]?.id);
  expect(next.nextCursor).not.toBeNull();
});
