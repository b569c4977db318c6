import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { type AnyElysia, Elysia } from 'elysia';
import { adminDashboard, definePanel, live, type PanelAction } from '../../admin/index.ts';
import { builtInPanels } from '../../admin/panels/index.ts';
import talkers from '../../examples/admin-panel/talkers.tsx';
import { Commands } from '../../src/commands/commands.ts';
import { readConfig } from '../../src/config/config.ts';
import { startServer } from '../support/server.ts';
import { enter } from '../support/world.ts';
import { hostileNames, kinds } from './fixture-names.ts';
import { startFixture } from './fixtures.ts';
import { select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

const broken = definePanel({
  id: 'broken',
  title: 'Broken',
  path: '/broken',
  role: 'viewer',
  view: () => {
    throw new Error('a secret of the database');
  },
  actions: {
    fail: {
      title: 'Fail',
      role: 'viewer',
      run: () => {
        throw new Error('another secret');
      },
    },
  },
});

const late = definePanel({
  id: 'late',
  title: 'Late',
  path: '/late',
  role: 'viewer',
  view: async () => {
    await Promise.resolve();
    return <p id="late">here now</p>;
  },
});

test.each(kinds)('every panel, the example too, renders over a node that is %s', async (kind) => {
  await using fixture = await startFixture(kind, [talkers]);
  const visitor = Visitor.as(fixture, 'admin');
  const room = fixture.snapshot.rooms[4];
  const query = room ? `?${new URLSearchParams({ room: room.id, peer: room.peers[0]?.id ?? '' })}` : '';
  for (const { id, path, title } of [...builtInPanels, talkers]) {
    const response = await visitor.get(path + query);
    const html = await response.text();
    expect([id, response.status]).toEqual([id, 200]);
    expect(await select(html, 'title')).toEqual([`${title} · Tureen`]);
    expect(await select(html, '.failure')).toEqual([]);
    expect(html).not.toMatch(/\[object|undefined|NaN|<!--/);
    // Whatever a name is made of, the page has no element that it brought.
    expect(
      await select(html, 'main script, main img, main hx-partial, main [onload], main [onfocus]'),
    ).toEqual([]);
    const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    const skipped = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1);
    expect([id, levels[0], skipped]).toEqual([id, 1, []]);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, each]) => each);
    expect([id, ids.filter((each, index) => ids.indexOf(each) !== index)]).toEqual([id, []]);
  }
  expect(fixture.errors).toEqual([]);
});

test('a panel that throws says so in its own place, tells nothing of itself, and leaves the others alone', async () => {
  await using fixture = await startFixture('busy', [broken]);
  const visitor = Visitor.as(fixture, 'viewer');
  const html = await visitor.text('/broken');
  expect(await select(html, '.failure h2')).toEqual(['Broken cannot be shown']);
  expect(await select(html, 'nav a')).toContain('Broken');
  expect(html).not.toContain('secret');
  const acted = await visitor.post('/do/broken/fail', {}, { 'hx-request': 'true' });
  const text = await acted.text();
  expect(text).toContain('Not done');
  expect(text).not.toContain('secret');
  expect(fixture.errors).toHaveLength(2);
  expect(fixture.store.audit.search({ text: 'broken.fail', limit: 1 })[0]?.result).toMatch(
    /^failed: internal/,
  );
  expect((await visitor.get('')).status).toBe(200);
});

test('each built-in panel and the example fail in their own place when what they read fails', async () => {
  await using fixture = await startFixture('busy', [talkers]);
  const visitor = Visitor.as(fixture, 'admin');
  const fail = () => {
    throw new Error('a secret of the database');
  };
  const { dashboard, store } = fixture;
  Object.assign(dashboard.monitor, { snapshot: fail });
  Object.assign(store.audit, { search: fail });
  Object.assign(store.timelines, { search: fail });
  Object.assign(store.bans, { list: fail });
  Object.assign(store.users, { list: fail });
  Object.assign(store.webhooks, { states: fail });
  const config = { ...dashboard.options.config };
  Object.defineProperty(config, 'apiKeys', { get: fail });
  Object.assign(dashboard.options, { config });
  const all = [...builtInPanels, talkers];
  for (const { path, title } of all) {
    const response = await visitor.get(path);
    const html = await response.text();
    expect([path, response.status]).toEqual([path, 200]);
    expect([path, await select(html, '.failure h2')]).toEqual([path, [`${title} cannot be shown`]]);
    expect([path, (await select(html, 'nav a')).length > 5]).toEqual([path, true]);
    expect(html).not.toContain('secret');
  }
  expect(fixture.errors).toHaveLength(all.length);
});

test('a panel may take its time', async () => {
  await using fixture = await startFixture('empty', [late]);
  expect(await Visitor.as(fixture, 'viewer').text('/late')).toContain('here now');
});

test('two panels with one id or path are refused, and so is a path that is none', async () => {
  await expect(startFixture('empty', [definePanel({ ...late, id: 'rooms' })])).rejects.toThrow(
    /two panels have the id/,
  );
  await expect(startFixture('empty', [definePanel({ ...late, path: '/rooms' })])).rejects.toThrow(
    /two panels have the path/,
  );
  expect(() => definePanel({ ...late, path: 'late' })).toThrow(/does not begin with/);
  expect(() => definePanel({ ...late, id: 'Late!' })).toThrow(/small letters/);
});

test("the operator's own panel is loaded from a file, acts with the same protection, and is in the audit log", async () => {
  const path = join(import.meta.dir, '../../examples/admin-panel/talkers.tsx');
  await using server = await startWithUsers({ TUREEN_ADMIN_PANELS: path });
  const ada = await enter({ server, peerId: 'ada' });
  const moderator = Visitor.as(server, 'moderator');
  expect(await select(await moderator.text('/talkers'), 'main h1')).toEqual(['Talkers']);
  expect(await select(await moderator.text('/do/talk/thank?room=room'), 'form p')).toEqual([
    'Send thanks to everyone in room?',
  ]);
  expect((await moderator.post('/do/talk/thank', { room: 'room', csrf: 'guess' })).status).toBe(403);
  expect((await Visitor.as(server, 'viewer').post('/do/talk/thank', { room: 'room' })).status).toBe(403);
  await moderator.post('/do/talk/thank', { room: 'room' });
  expect((await ada.client.waitFor('notice')).message).toBe('Thank you all!');
  expect(server.store.audit.search({ text: 'talk.thank', limit: 1 })).toMatchObject([
    { by: { id: 'moderator' }, details: { room: 'room' }, result: 'done' },
  ]);
  expect((await Bun.file(path).text()).trim().split('\n').length).toBeLessThan(40);
});

test('a panel file that cannot be loaded keeps the server from starting, with its name', async () => {
  await expect(startServer({ TUREEN_ADMIN_PANELS: './nowhere.tsx' })).rejects.toThrow(
    /cannot load ".\/nowhere.tsx"/,
  );
});

/** Lets an app listen, for only one that listens is told to stop, with the dashboard in it. */
function listening(app: AnyElysia): AsyncDisposable {
  app.listen({ port: 0, hostname: '127.0.0.1' });
  return {
    async [Symbol.asyncDispose]() {
      await app.stop();
    },
  };
}

test('the dashboard is mounted in an Elysia app of somebody else, at another address', async () => {
  await using server = await startWithUsers({ TUREEN_ADMIN: 'off' });
  const { sfu, store } = server;
  const config = readConfig({});
  const commands = new Commands(sfu, store);
  const log = { error: () => {} };
  const app = new Elysia()
    .get('/own', () => 'own')
    .use(adminDashboard({ sfu, store, commands, config, log, base: '/ops', panels: [talkers] }));
  await using _listening = listening(app);
  const { cookie } = Visitor.as(server, 'viewer');
  const page = await app.handle(new Request('http://127.0.0.1/ops/talkers', { headers: { cookie } }));
  expect(await select(await page.text(), 'main h1')).toEqual(['Talkers']);
  expect(await (await app.handle(new Request('http://127.0.0.1/own'))).text()).toBe('own');
});

test('the former names of the commands and of the requester work, for the app that mounts a dashboard and for its panels', async () => {
  await using server = await startWithUsers({ TUREEN_ADMIN: 'off' });
  const ada = await enter({ server, peerId: 'ada' });
  const greet: PanelAction = {
    title: 'Greet',
    role: 'moderator',
    async run({ moderation, asker }) {
      await moderation.notice({ roomId: 'room', message: 'hello', ...asker() });
      return { message: 'Everyone was greeted.' };
    },
  };
  const { sfu, store } = server;
  const app = new Elysia().use(
    adminDashboard({
      sfu,
      store,
      moderation: new Commands(sfu, store),
      config: readConfig({}),
      log: { error: () => {} },
      panels: [definePanel({ ...late, actions: { greet } })],
    }),
  );
  await using _listening = listening(app);
  const { cookie, csrf } = Visitor.as(server, 'moderator');
  const answer = await app.handle(
    new Request('http://127.0.0.1/admin/do/late/greet', {
      method: 'POST',
      headers: { cookie, 'hx-request': 'true' },
      body: new URLSearchParams({ csrf }),
    }),
  );
  expect(await select(await answer.text(), '.toast')).toEqual(['Everyone was greeted.']);
  expect((await ada.client.waitFor('notice')).message).toBe('hello');
});

test('what does not fit on a page is said, and reached: people of a room, and consumers of a peer', async () => {
  await using fixture = await startFixture('busy');
  const [room] = fixture.snapshot.rooms;
  const [first] = room?.peers ?? [];
  const consumer = first?.consumers[0];
  if (!room || !first || !consumer) throw new Error('the fixture is empty');
  const consumers = Array.from({ length: 230 }, (_, index) => ({ ...consumer, id: `consumer ${index}` }));
  const others = Array.from({ length: 119 }, (_, index) => ({
    ...first,
    id: `guest-${index}`,
    displayName: `Guest ${index}`,
  }));
  Object.assign(room, { peers: [{ ...first, consumers }, ...others] });
  const visitor = Visitor.as(fixture, 'moderator');
  const place = { room: room.id, peer: first.id };
  const read = (path: string, fields: Record<string, string>) =>
    visitor.text(`${path}?${new URLSearchParams(fields)}`);

  const page = await read('/room', { room: room.id });
  expect(await select(page, '.peer h3')).toHaveLength(50);
  expect(await select(page, '.pager span')).toEqual(['Page 1 of 3']);
  expect(await select(page, '.more-of-it a')).toEqual(['All 230 consumers']);
  expect(await select(await read('/room', { room: room.id, page: '3' }), '.peer h3')).toHaveLength(20);
  expect(await select(await read('/room', { room: room.id, q: 'GUEST 11' }), '.peer h3')).toHaveLength(10);
  expect(await select(await read('/room', { room: room.id, q: 'nobody' }), '.empty-title')).toEqual([
    'Nobody found',
  ]);

  const own = await read('/peer', place);
  expect(await select(own, 'caption')).toContain('Consumers 1 to 100 of 230');
  const last = await read('/peer', { ...place, consumers: '3' });
  expect(await select(last, 'caption')).toContain('Consumers 201 to 230 of 230');
  expect(await select(last, '.pager [rel=prev]')).toEqual(['Previous']);
  expect(await select(last, '.pager [rel=next]')).toEqual([]);
});

test('a search for a person leads from the list of rooms straight to that person', async () => {
  await using fixture = await startFixture('busy');
  const visitor = Visitor.as(fixture, 'viewer');
  const html = await visitor.text('/rooms?q=allen');
  expect(await select(html, '.found a')).toEqual(['Frances Allen']);
  const [href = ''] = /(?<=class="found"><a href="\/admin)[^"]+/.exec(html) ?? [];
  expect(await select(await visitor.text(href.replaceAll('&amp;', '&')), 'main h1')).toEqual([
    'Frances Allen',
  ]);
});

test('connections that were refused or dropped are counted and stand in the timeline of their room', async () => {
  await using fixture = await startFixture('busy');
  const { timelines } = fixture.dashboard.monitor;
  const failures = () => fixture.dashboard.monitor.recent().failures;
  const before = failures();
  const roomId = fixture.snapshot.rooms[0]?.id ?? '';
  fixture.signaling.events.emit('connectionRefused', { code: 'room_full', roomId });
  fixture.signaling.events.emit('connectionRefused', { code: 'room_full', roomId: 'nowhere' });
  fixture.signaling.events.emit('socketDropped', { cause: 'flood', roomId, peerId: 'eve' });
  expect(failures()).toBe(before + 3);
  expect(timelines.room('nowhere')).toEqual([]);
  expect(timelines.room(roomId).slice(0, 2)).toMatchObject([
    { name: 'socketDropped', text: 'the socket of eve was dropped: flood', bad: true },
    { name: 'connectionRefused', text: 'a connection was refused: room_full', bad: false },
  ]);
});

test('of a page that changed only the parts that differ are sent', async () => {
  await using fixture = await startFixture('busy');
  const abort = new AbortController();
  const { base, cookie } = Visitor.as(fixture, 'viewer');
  const { body } = await fetch(`${base}/live/rooms`, { headers: { cookie }, signal: abort.signal });
  const messages = body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await messages?.read())?.value ?? '';
  expect(first).toContain('hx-target="#content"');
  const [room] = fixture.snapshot.rooms;
  if (room) Object.assign(room, { locked: !room.locked });
  fixture.events.emit('roomLocked', { roomId: room?.id ?? '', locked: true, by: { kind: 'admin', id: 'x' } });
  const second = (await messages?.read())?.value ?? '';
  expect([...second.matchAll(/<hx-partial/g)]).toHaveLength(1);
  expect(second.length).toBeLessThan(first.length / 8);
  abort.abort();
});

test('a session that ends ends its live pages', async () => {
  await using fixture = await startFixture('busy');
  const { base, cookie } = Visitor.as(fixture, 'viewer');
  const { body } = await fetch(`${base}/live/rooms`, { headers: { cookie } });
  const reader = body?.getReader();
  await reader?.read();
  for (const { id } of fixture.store.sessions.list()) fixture.store.sessions.close(id);
  fixture.events.emit('roomLocked', { roomId: 'x', locked: true, by: { kind: 'admin', id: 'x' } });
  expect((await reader?.read())?.done).toBe(true);
});

test('a page that does not read keeps no memory and delays nobody', async () => {
  await using fixture = await startFixture('busy');
  const { base, cookie } = Visitor.as(fixture, 'viewer');
  const slow = await fetch(`${base}/live/rooms`, { headers: { cookie } });
  let renders = 0;
  const { snapshot } = fixture.dashboard.monitor;
  fixture.dashboard.monitor.snapshot = function counted(this: typeof fixture.dashboard.monitor) {
    renders += 1;
    return snapshot.call(this);
  };
  const quick = await fetch(`${base}/live/rooms`, { headers: { cookie } });
  const reader = quick.body?.getReader();
  await reader?.read();
  const startedAt = performance.now();
  const [room] = fixture.snapshot.rooms;
  if (room) Object.assign(room, { locked: !room.locked });
  for (let count = 0; count < 10_000; count += 1)
    fixture.events.emit('roomLocked', {
      roomId: 'x',
      locked: true,
      by: { kind: 'admin', id: hostileNames[0] },
    });
  await reader?.read();
  // Ten thousand renders would take a minute.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(renders).toBeLessThan(8);
  await reader?.cancel();
  await slow.body?.cancel();
});

test('live marks an element by its id, and names cannot imitate the mark', async () => {
  expect(await live('a', <p id="a">x</p>)).toBe('<!--live:a--><p id="a">x</p><!--/live:a-->');
  await using fixture = await startFixture('hostile');
  const html = await Visitor.as(fixture, 'viewer').text(
    `/room?${new URLSearchParams({ room: hostileNames[4] })}`,
  );
  expect(html).not.toContain('<!--');
  expect(html).not.toMatch(/"[^"]*<hx-partial[^"]*"/);
  expect((await select(html, '.peer h3')).length).toBe(hostileNames.length);
});
