import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePanel, type Panel, type PanelContext } from '../../admin/index.ts';
import { loadPanels } from '../../src/app/admin-panels.ts';
import { eventually, until } from '../support/until.ts';
import { startFixture } from './fixtures.ts';
import { closeLivePages, LivePage } from './live-page.ts';
import { Visitor } from './support.ts';

setDefaultTimeout(60_000);
afterEach(closeLivePages);

const names = ['Ada Private', 'Bert Private'] as const;

/** Two users of one role, with a dashboard that has this panel too. */
async function startWithTwo(panel: Panel) {
  const fixture = await startFixture('busy', [panel]);
  for (const name of names)
    fixture.store.users.put({ name, passwordHash: null, role: 'moderator', origin: 'page' });
  return fixture;
}

/** What two users of one role get who have one page open at the same time. A stream that ends is opened again. */
async function seenByBoth(panel: Panel): Promise<string[]> {
  await using fixture = await startWithTwo(panel);
  const lookOf = async (name: string) => {
    const visitor = Visitor.as(fixture, name);
    let page = await LivePage.open(visitor, panel.id);
    const before: string[] = [];
    await eventually(
      `the page of ${name}`,
      async () => {
        if (page.ended) before.push(page.text);
        if (page.ended) page = await LivePage.open(visitor, panel.id);
        return page.text;
      },
      (text) => text.includes('told to'),
    );
    const once = await visitor.text(`/parts/${panel.id}`);
    return [...before, page.text, once].join('\n');
  };
  return await Promise.all(names.map(lookOf));
}

function expectOwnNames([ada = '', bert = '']: readonly string[]): void {
  expect(ada).toContain(names[0]);
  expect(ada).not.toContain(names[1]);
  expect(bert).toContain(names[1]);
  expect(bert).not.toContain(names[0]);
}

const ways: Readonly<Record<string, (context: PanelContext) => string | undefined>> = {
  'the user': ({ user }) => user.name,
  'the requester of actions': ({ requester }) => requester().by.id,
  'the former name of the requester': ({ asker }) => asker().by.id,
  'the session': ({ sessionId, store }) => {
    const open = store.sessions.list().find(({ id }) => id === sessionId);
    return open && store.users.get(open.userId)?.name;
  },
  'the user as a whole': ({ user }) => JSON.stringify(user),
  'the description of a property': ({ user }) => String(Object.getOwnPropertyDescriptor(user, 'name')?.value),
  'a copy of the context': (context) => ({ ...context }).user.name,
};

test.each(Object.keys(ways))('a view that shows its user by %s is rendered for each of them', async (way) => {
  const panel = definePanel({
    id: 'own',
    title: 'Own',
    path: '/own',
    role: 'viewer',
    view: (context) => <p safe>{`told to ${ways[way]?.(context)}`}</p>,
  });
  expectOwnNames(await seenByBoth(panel));
});

test("an operator's own panel from a file that names who acts shows nobody the name of another user", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-own-panel-'));
  try {
    const path = join(folder, 'own.tsx');
    await Bun.write(
      path,
      `/** @jsxImportSource @kitajs/html */
import { definePanel } from 'tureen/admin';
export default definePanel({
  id: 'duty',
  title: 'Duty',
  path: '/duty',
  role: 'viewer',
  view: ({ requester }) => <p safe>{\`told to \${requester().by.id}\`}</p>,
});
`,
    );
    const [panel] = await loadPanels([path]);
    if (!panel) throw new Error('the file has no panel');
    expectOwnNames(await seenByBoth(panel));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the built-in pages are still shared by all users of a role', async () => {
  await using fixture = await startFixture('busy');
  const shown = fixture.dashboard.panels.filter(({ live }) => live !== false);
  for (const { id } of shown) {
    const page = await LivePage.open(Visitor.as(fixture, 'admin'), id);
    await until(() => page.updates > 0 || page.ended, `the page ${id}`);
    // One that turned out to be each user's own has ended, for its pages to come back for views of their own.
    expect([id, page.ended]).toEqual([id, personal.has(id)]);
    await page.close();
  }
});

/** The list of people marks the session from which it is looked at. */
const personal: ReadonlySet<string> = new Set(['people']);
