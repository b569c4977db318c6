import { expect, setDefaultTimeout, test } from 'bun:test';
import { apiKey, tokenFor } from '../support/server.ts';
import { enter } from '../support/world.ts';
import { open } from '../whip/whip-client.ts';
import { select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('the dashboard shows all connections of a subject together, and links them with each other', async () => {
  await using server = await startWithUsers();
  await open(server, '/whip/room', { headers: bearer(await tokenFor('room', 'camera')) });
  const token = await tokenFor('room', 'bob');
  await enter({ server, peerId: 'bob', token });
  await enter({ server, peerId: 'carol', token: await tokenFor('room', 'carol') });
  await open(server, '/whep/room', { offer: 'chromium-player', headers: bearer(token) });
  const player = server.sfu.read.peerIds('room').find((id) => id.startsWith('whep-')) ?? '';
  const visitor = Visitor.as(server, 'viewer');

  const room = await visitor.text('/room?room=room');
  const cards = await select(room, 'article.peer h3');
  const shown = await select(room, 'article.peer .facts span:first-child');
  expect(cards).toHaveLength(4);
  expect(shown.filter((text) => ['camera', 'bob', 'carol', player].includes(text))).toEqual([
    'camera',
    'bob',
    player,
    'carol',
  ]);
  expect(await select(room, '.connections a')).toEqual([player, 'bob']);
  expect(await select(room, '.connections span')).toEqual(Array(2).fill('Also connected as (subject bob):'));

  const ofPlayer = await visitor.text(`/peer?room=room&peer=${player}`);
  expect(await select(ofPlayer, '.connections a[href="/admin/peer?room=room&peer=bob"]')).toEqual(['bob']);
  expect(await select(ofPlayer, '#peer-facts dd')).toContain('bob');
  expect(await select(await visitor.text('/peer?room=room&peer=carol'), '.connections')).toEqual([]);

  // A moderator who searches for the subject finds what has an id of its own, too.
  const found = await visitor.text('/room?room=room&q=bob');
  expect(await select(found, 'article.peer h3')).toHaveLength(2);
});

test('REST says whose a peer is and what else that subject has in the room, and lists the peers of one subject', async () => {
  await using server = await startWithUsers();
  const token = await tokenFor('room', 'bob');
  await enter({ server, peerId: 'bob', token });
  await enter({ server, peerId: 'carol', token: await tokenFor('room', 'carol') });
  await open(server, '/whip/room', { headers: bearer(await tokenFor('room', 'camera')) });
  await open(server, '/whep/room', { offer: 'chromium-player', headers: bearer(token) });
  const player = server.sfu.read.peerIds('room').find((id) => id.startsWith('whep-')) ?? '';
  const headers = bearer(await apiKey(['read']));
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms/room/peers${path}`, { headers });
    return (await answer.json()) as Record<string, unknown> & { items: { id: string }[] };
  };
  expect(await get('/bob')).toMatchObject({ id: 'bob', subject: 'bob', connections: [player] });
  expect(await get(`/${player}`)).toMatchObject({ id: player, subject: 'bob', connections: ['bob'] });
  expect(await get('/carol')).toMatchObject({ subject: 'carol', connections: [] });
  expect((await get('?subject=bob')).items.map(({ id }) => id)).toEqual(['bob', player]);
  expect((await get('?subject=carol')).items.map(({ id }) => id)).toEqual(['carol']);
  expect((await get('?subject=nobody')).items).toEqual([]);
  expect((await get('?subject=bob&limit=1')).items).toHaveLength(1);
});
