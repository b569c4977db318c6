import { expect, test } from 'bun:test';
import { tokenFor } from '../support/server.ts';
import { enter } from '../support/world.ts';
import { startWithUsers, Visitor } from './support.ts';

test('an admin captures what a peer sends, and fetches the file from the page of the peer', async () => {
  await using server = await startWithUsers();
  const { client } = await enter({ server, peerId: 'alice', token: await tokenFor('room', 'alice') });
  const admin = Visitor.as(server, 'admin');
  const fields = { room: 'room', peer: 'alice', content: 'headers', seconds: '30', reason: 'no sound' };
  const refused = await Visitor.as(server, 'moderator').post('/do/room/capture', fields, {
    'hx-request': 'true',
  });
  expect(await refused.text()).toContain('this needs the role admin');
  expect(server.sfu.captures.last).toBeUndefined();
  const begun = await admin.post('/do/room/capture', fields, { 'hx-request': 'true' });
  expect(await begun.text()).toContain('The capture runs for 30 seconds');
  const id = server.sfu.captures.last?.id ?? '';
  const file = `/export/capture.pcap?id=${id}`;
  const page = await admin.text('/peer?room=room&peer=alice');
  expect(page).toContain(`href="/admin${file}"`);
  expect(await Visitor.as(server, 'moderator').text('/peer?room=room&peer=alice')).not.toContain(
    'capture.pcap',
  );
  expect((await Visitor.as(server, 'moderator').get(file)).status).toBe(403);
  const answer = await admin.get(file);
  expect([answer.status, (await answer.bytes()).length]).toEqual([200, 24]);
  client.socket.close();
  expect(server.store.audit.search({ text: 'apture', limit: 9 }).map(({ action }) => action)).toEqual([
    'capture.fetch',
    'peer.capture',
  ]);
});
