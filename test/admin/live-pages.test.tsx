import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { splitRegions } from '../../admin/html/regions.ts';
import { definePanel, live } from '../../admin/index.ts';
import { LiveView } from '../../admin/live/live-views.ts';
import { RenderQueue } from '../../admin/live/render-queue.ts';
import { liveStream } from '../../admin/live/stream.ts';
import type { Role } from '../../src/store/roles.ts';
import { eventually, until } from '../support/until.ts';
import { startFixture } from './fixtures.ts';
import { closeLivePages, LivePage } from './live-page.ts';
import { Visitor } from './support.ts';

setDefaultTimeout(60_000);

afterEach(closeLivePages);

/** A panel that counts how often it is rendered, and shows its number and what it may read. */
function counter(reads: (role: Role, name: () => string) => string = (role) => role) {
  const seen = { renders: 0, number: 1 };
  const panel = definePanel({
    id: 'counter',
    title: 'Counter',
    path: '/counter',
    role: 'viewer',
    view: ({ user }) => {
      seen.renders += 1;
      const text = `number ${seen.number} for ${reads(user.role, () => user.name)};`;
      return live(
        'number',
        <p id="number" safe>
          {text}
        </p>,
      );
    },
  });
  return { seen, panel };
}

type Fixture = Awaited<ReturnType<typeof startFixture>>;
const change = ({ events }: Fixture) =>
  events.emit('roomLocked', { roomId: 'x', locked: true, by: { kind: 'admin', id: 'x' } });
const all = (pages: LivePage[], wanted: string) =>
  until(() => pages.every(({ text }) => text.includes(wanted)), `all pages show ${wanted}`);

test('twenty pages that show the same cost one render for each change, as one page does', async () => {
  const { seen, panel } = counter();
  await using fixture = await startFixture('busy', [panel]);
  const visitors = Array.from({ length: 20 }, () => Visitor.as(fixture, 'viewer'));
  const pages = await Promise.all(visitors.map((visitor) => LivePage.open(visitor, 'counter')));
  await all(pages, 'number 1 for viewer;');
  for (const number of [2, 3, 4, 5]) {
    seen.number = number;
    const before = seen.renders;
    change(fixture);
    await all(pages, `number ${number} for viewer;`);
    // The second one may come from the regular sample, which counts as a change.
    expect(seen.renders - before).toBeLessThanOrEqual(2);
  }
});

test('pages of different roles and pages that name their user share nothing', async () => {
  const { seen, panel } = counter((role, name) => (role === 'admin' ? name() : role));
  await using fixture = await startFixture('busy', [panel]);
  const viewer = await LivePage.open(Visitor.as(fixture, 'viewer'), 'counter');
  await all([viewer], 'number 1 for viewer;');
  // Only now it turns out that the panel shows its user: whoever opens it next has a view of their own.
  const first = Visitor.as(fixture, 'admin');
  await first.text('/counter');
  const before = seen.renders;
  const admins = await Promise.all(
    [first, Visitor.as(fixture, 'admin')].map((visitor) => LivePage.open(visitor, 'counter')),
  );
  await all(admins, 'number 1 for admin;');
  expect(seen.renders - before).toBe(2);
  expect(viewer.text).not.toContain('for admin');
});

test('a shared view that begins to name its user ends instead of showing the name to others', async () => {
  let names = false;
  const { panel } = counter((role, name) => (names ? name() : role));
  await using fixture = await startFixture('busy', [panel]);
  const pages = await Promise.all([1, 2].map(() => LivePage.open(Visitor.as(fixture, 'viewer'), 'counter')));
  await all(pages, 'for viewer;');
  names = true;
  change(fixture);
  await until(() => pages.every(({ ended }) => ended), 'the end of both streams');
  expect(pages.map(({ updates }) => updates)).toEqual([1, 1]);
  const again = await LivePage.open(Visitor.as(fixture, 'viewer'), 'counter');
  await all([again], 'number 1 for viewer;');
  expect(again.ended).toBe(false);
});

test('a user has at most 24 live pages over all sessions, and one that is closed makes room', async () => {
  await using fixture = await startFixture('busy');
  const visit = () => LivePage.open(Visitor.as(fixture, 'viewer'), 'rooms');
  const pages = await Promise.all(Array.from({ length: 24 }, visit));
  expect(pages.map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 200));
  expect((await visit()).status).toBe(429);
  expect((await Visitor.as(fixture, 'viewer').get('/parts/rooms')).status).toBe(429);
  expect((await LivePage.open(Visitor.as(fixture, 'moderator'), 'rooms')).status).toBe(200);
  await pages[0]?.close();
  await eventually(
    'room for another',
    async () => (await visit()).status,
    (status) => status === 200,
  );
});

test('a page without a stream gets the same content once, and leaves nothing behind', async () => {
  const { seen, panel } = counter();
  await using fixture = await startFixture('busy', [panel]);
  const visitor = Visitor.as(fixture, 'viewer');
  const response = await visitor.get('/parts/counter');
  expect(await response.text()).toBe(
    '<hx-partial hx-target="#content" hx-swap="innerMorph"><p id="number">number 1 for viewer;</p></hx-partial>',
  );
  const { renders } = seen;
  change(fixture);
  await visitor.text('/parts/rooms');
  expect(seen.renders).toBe(renders);
  expect((await fetch(`${visitor.base}/parts/counter`, { redirect: 'manual' })).status).toBe(303);
  expect((await visitor.get('/parts/settings')).status).toBe(403);
});

test('a user whose role changes has the live pages of the old role ended', async () => {
  await using fixture = await startFixture('busy');
  const page = await LivePage.open(Visitor.as(fixture, 'moderator'), 'rooms');
  await until(() => page.updates > 0, 'the first update');
  const { users } = fixture.store;
  users.setRole(users.byName('moderator')?.id ?? 0, 'viewer');
  change(fixture);
  await until(() => page.ended, 'the end of the stream');
});

test('a view that never finishes fails by itself, and other pages stay live', async () => {
  const stuck = definePanel({
    id: 'stuck',
    title: 'Stuck',
    path: '/stuck',
    role: 'viewer',
    view: () => new Promise<string>(() => {}),
  });
  const { panel } = counter();
  await using fixture = await startFixture('busy', [stuck, panel]);
  const visitor = Visitor.as(fixture, 'viewer');
  const hanging = await LivePage.open(visitor, 'stuck');
  const page = await LivePage.open(visitor, 'counter');
  await all([page], 'number 1 for viewer;');
  await until(() => hanging.ended, 'the end of the stream that cannot be rendered');
});

test('a stream says that it lives also while changes come one after the other that its page does not show', async () => {
  let change = () => {};
  const source = {
    prepare: () => async () => {
      queueMicrotask(change);
      return splitRegions('<p>always the same</p>');
    },
    onChange: (listener: () => void) => {
      change = listener;
      return () => {};
    },
    onEnd: () => {},
  };
  const view = new LiveView(source, new RenderQueue());
  const onEnd = view.join();
  const { signal } = new AbortController();
  const stream = liveStream({ view, signal, onEnd, allowed: () => true, heartbeatMs: 20 });
  const reader = stream.getReader();
  const text = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await text()).toContain('always the same');
  for (let count = 0; count < 3; count += 1) expect(await text()).toBe(':\n\n');
  await reader.cancel();
});
