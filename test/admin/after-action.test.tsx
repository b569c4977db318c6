import { expect, setDefaultTimeout, test } from 'bun:test';
import { definePanel } from '../../admin/index.ts';
import { builtInPanels } from '../../admin/panels/index.ts';
import { enter } from '../support/world.ts';
import { startFixture } from './fixtures.ts';
import { password, select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

/** Does something on a page, as htmx does it. @returns the message, and the page as the answer draws it again */
async function act(visitor: Visitor, page: string, action: string, fields: Record<string, string> = {}) {
  const headers = { 'hx-request': 'true', 'hx-current-url': visitor.base + page };
  const html = await (await visitor.post(`/do/${action}`, fields, headers)).text();
  const [message, content = ''] = html.split('<hx-partial hx-target="#content" hx-swap="innerMorph">');
  return { message: message ?? '', content };
}

test('after each action of a page the answer has the page as it is now, also when the action fails', async () => {
  await using fixture = await startFixture('busy');
  const admin = Visitor.as(fixture, 'admin');
  for (const panel of builtInPanels) {
    for (const name of Object.keys(panel.actions ?? {})) {
      const { message, content } = await act(
        admin,
        panel.path === '/' ? '' : panel.path,
        `${panel.id}/${name}`,
      );
      expect([panel.id, name, message === '' || content !== '']).toEqual([panel.id, name, true]);
    }
  }
});

test('a new key is listed, and a revoked one and a removed user are not any more', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  const added = await act(admin, '/people', 'people/add-key', { name: 'robot', role: 'viewer' });
  expect(await select(added.message, '.toast code')).toHaveLength(1);
  expect(await select(added.content, '#api-keys b')).toEqual(['robot']);
  expect(await select(added.content, '.toast')).toEqual([]);
  const revoked = await act(admin, '/people', 'people/revoke-key', { id: '1' });
  expect(await select(revoked.content, '#api-keys .empty-title')).toEqual(['No keys']);
  const again = await act(admin, '/people', 'people/revoke-key', { id: '1' });
  expect(again.message).toContain('Not done');
  expect(await select(again.content, '#api-keys .empty-title')).toEqual(['No keys']);
  const user = { name: 'eva', password, role: 'viewer' };
  const names = async ({ content }: { content: string }) => await select(content, '#users b');
  expect(await names(await act(admin, '/people', 'people/add-user', user))).toContain('eva');
  const id = String(server.store.users.byName('eva')?.id);
  expect(await names(await act(admin, '/people', 'people/remove-user', { id }))).not.toContain('eva');
});

test('bans, locks and names of what is searched for are as the address of the page says', async () => {
  await using server = await startWithUsers({});
  await enter({ server, peerId: 'ada' });
  await enter({ server, peerId: 'bea' });
  const moderator = Visitor.as(server, 'moderator');
  const ban = { kind: 'identity', value: 'mallory', for: 'forever' };
  const banned = await act(moderator, '/bans', 'bans/add', ban);
  expect(await select(banned.content, '#bans b')).toEqual(['mallory']);
  const [{ id } = { id: '' }] = server.store.bans.list({ limit: 1 });
  const lifted = await act(moderator, '/bans', 'bans/lift', { id });
  expect(await select(lifted.content, '#bans .badge')).toEqual(['lifted']);
  const locked = await act(moderator, '/room?room=room&q=be', 'room/lock', { room: 'room' });
  expect(locked.content).toContain('Unlock');
  expect(await select(locked.content, '.peer .row-link')).toEqual(['bea']);
});

test('a page that is not live is drawn again as well', async () => {
  let lamps = 0;
  const panel = definePanel({
    id: 'lamps',
    title: 'Lamps',
    path: '/lamps',
    role: 'viewer',
    live: false,
    view: () => <p id="lamps">{lamps}</p>,
    actions: {
      light: {
        title: 'Light',
        role: 'viewer',
        run() {
          lamps += 1;
          return { message: 'Lit.' };
        },
      },
    },
  });
  await using fixture = await startFixture('empty', [panel]);
  const { content } = await act(Visitor.as(fixture, 'viewer'), '/lamps', 'lamps/light');
  expect(await select(content, '#lamps')).toEqual(['1']);
});

test('nothing is drawn for an address that is no page, or that of a page beyond the role', async () => {
  await using server = await startWithUsers({});
  await enter({ server, peerId: 'ada' });
  const moderator = Visitor.as(server, 'moderator');
  for (const page of ['/nothing', '/people', '/../../elsewhere', '/room/more']) {
    const { message, content } = await act(moderator, page, 'room/lock', { room: 'room' });
    expect([page, message.includes('is locked'), content]).toEqual([page, true, '']);
  }
});

test('whoever ends the session that acts is shown no page', async () => {
  await using server = await startWithUsers({});
  const admin = Visitor.as(server, 'admin');
  const [own] = server.store.sessions.list();
  const { message, content } = await act(admin, '/people', 'people/end-session', { id: String(own?.id) });
  expect([message.includes('ended'), content]).toEqual([true, '']);
});

test('the pages that others have open show a change of the store at once, without any event of the domain', async () => {
  // Its clock stands still, so that no sample has the pages rendered.
  await using fixture = await startFixture('busy');
  const watching = await Visitor.as(fixture, 'admin').get('/live/audit', { accept: 'text/event-stream' });
  const reader = watching.body?.pipeThrough(new TextDecoderStream()).getReader();
  const heard = async (text: string) => {
    for (let seen = ''; !seen.includes(text); ) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`the stream ended without ${text}`);
      seen += value;
    }
  };
  await heard('peer.remove');
  await act(Visitor.as(fixture, 'admin'), '/people', 'people/add-key', { name: 'robot', role: 'viewer' });
  await heard('people.add-key');
  await reader?.cancel();
});
