import { expect, test } from 'bun:test';
import { startFixture } from './fixtures.ts';
import { select, Visitor } from './support.ts';

test('a peer whose bandwidth takes no layer is said to be the cause, and its senders keep their score', async () => {
  await using fixture = await startFixture('degraded');
  const room = fixture.snapshot.rooms.find(({ peers }) => peers.length > 2);
  const [sender, receiver] = room?.peers ?? [];
  if (!room || !sender || !receiver) throw new Error('the fixture has no such room');
  const rows = async (peer: string) => {
    const query = new URLSearchParams({ room: room.id, peer });
    const page = await Visitor.as(fixture, 'viewer').get(`/peer?${query}`);
    return (await select(await page.text(), 'td')).map((cell) => cell.trim());
  };
  const thin = await rows(receiver.id);
  expect(thin).toContain('held back: too little bandwidth to this peer');
  expect(thin).toContain('9 of 9');
  expect(thin).not.toContain('9 of 0');
  const wide = await rows(sender.id);
  expect(wide).toContain('9 of 3');
  expect(wide).not.toContain('held back: too little bandwidth to this peer');
});
