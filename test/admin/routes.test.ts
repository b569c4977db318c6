import { expect, setDefaultTimeout, test } from 'bun:test';
import { builtInPanels } from '../../admin/panels/index.ts';
import type { Server } from '../../src/app/server.ts';
import { changeable } from '../../src/config/changeable.ts';
import { settings, subjects } from '../../src/config/settings/index.ts';
import type { Role } from '../../src/store/roles.ts';
import { hasRole, roles } from '../../src/store/roles.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, enter } from '../support/world.ts';
import { password, select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Every action of every page. */
const actions = builtInPanels.flatMap((panel) =>
  Object.entries(panel.actions ?? {}).map(([name, action]) => ({
    path: `/do/${panel.id}/${name}`,
    action,
    panel,
  })),
);
const reading = [
  ...builtInPanels.map(({ path, role }) => ({ path: path === '/' ? '' : path, role })),
  ...builtInPanels.map(({ id, role }) => ({ path: `/live/${id}`, role })),
  { path: '/export/audit.jsonl', role: 'admin' as Role },
];

test('without a session every page leads to the login, and everything else is refused', async () => {
  await using server = await startWithUsers();
  const base = `http://127.0.0.1:${server.port}/admin`;
  for (const { path } of reading) {
    const response = await fetch(base + path, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect([path, response.status, response.headers.get('location')]).toEqual([path, 303, '/admin/login']);
    const stream = await fetch(base + path, { redirect: 'manual', headers: { accept: 'text/event-stream' } });
    expect([path, stream.status]).toEqual([path, 401]);
  }
  for (const path of [...actions.map((each) => each.path), '/logout']) {
    const response = await fetch(base + path, {
      method: 'POST',
      redirect: 'manual',
      headers: form,
      body: 'csrf=x',
    });
    expect([path, response.status]).toEqual([path, 401]);
  }
});

test('every page and every action asks for its role', async () => {
  await using server = await startWithUsers();
  for (const role of roles) {
    const visitor = Visitor.as(server, role);
    for (const { path, role: wanted } of reading) {
      const abort = new AbortController();
      const { status } = await fetch(visitor.base + path, {
        headers: { cookie: visitor.cookie },
        signal: abort.signal,
      });
      abort.abort();
      expect([role, path, status]).toEqual([role, path, hasRole(role, wanted) ? 200 : 403]);
    }
    for (const { path, action, panel } of actions) {
      if (hasRole(role, action.role) && hasRole(role, panel.role)) continue;
      expect([role, path, (await visitor.post(path, {})).status]).toEqual([role, path, 403]);
      expect([role, path, (await visitor.get(path)).status]).toEqual([role, path, 403]);
    }
  }
  expect(server.store.audit.search({ limit: 5 })).toEqual([]);
});

test('no action is carried out without the token of the session, or when a page of another site asks', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  const other = Visitor.as(server, 'admin');
  for (const path of [...actions.map((each) => each.path), '/logout']) {
    const attempts = [
      await admin.post(path, { csrf: '' }),
      await admin.post(path, { csrf: other.csrf }),
      await admin.post(path, {}, { 'x-csrf-token': 'guess' }),
      await admin.post(path, {}, { 'sec-fetch-site': 'cross-site' }),
      await admin.post(path, {}, { 'sec-fetch-site': 'same-site' }),
      await admin.post(path, {}, { origin: 'https://evil.example' }),
      await admin.post(path, {}, { origin: 'null' }),
    ];
    expect([path, attempts.map(({ status }) => status)]).toEqual([path, attempts.map(() => 403)]);
  }
  const crossLogin = await admin.post(
    '/login',
    { name: 'admin', password },
    { 'sec-fetch-site': 'cross-site' },
  );
  expect(crossLogin.status).toBe(403);
  expect(server.store.audit.search({ limit: 5 })).toEqual([]);
  expect((await admin.get('')).status).toBe(200);
});

test('a form that is no form, too long or sent to what is not there is refused', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  expect((await admin.post('/do/room/remove', {}, { 'content-type': 'application/json' })).status).toBe(400);
  expect((await admin.post('/do/room/remove', { reason: 'x'.repeat(300_000) })).status).toBe(400);
  for (const path of ['/do/room/constructor', '/do/nothing/remove', '/do/room/nothing'])
    expect((await admin.post(path, {})).status).toBe(404);
  expect((await admin.get('/nothing')).status).toBe(404);
  expect((await admin.get('/live/nothing')).status).toBe(404);
});

test('every answer has the headers that keep others out, and no page has anything inline or from elsewhere', async () => {
  await using server = await startWithUsers();
  await enter({ server, peerId: 'x', token: await tokenFor('room', 'x') });
  const admin = Visitor.as(server, 'admin');
  const pages = [
    ...builtInPanels.map(({ path }) => path),
    '/room?room=room',
    '/peer?room=room&peer=x',
    '/login',
    '/nothing',
  ];
  for (const path of [...pages, '/assets/admin.js', '/assets/nothing', '/do/room/remove?room=room&peer=x']) {
    const response = await admin.get(path);
    const { headers } = response;
    expect(headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    if (path.startsWith('/assets')) continue;
    expect(headers.get('cache-control')).toBe('no-store');
    const html = await response.text();
    // An address may be named in a text; nothing may be loaded from there, or lead there.
    expect(html).not.toMatch(
      /<script(?![^>]* src="\/admin\/)|<style|\sstyle=|\son[a-z]+=|="\s*(?:[a-z]+:)?\/\/(?!www\.w3\.org)/,
    );
  }
});

test('a login gives a new session in a cookie that scripts and other sites cannot use, and logging out ends it', async () => {
  await using server = await startWithUsers();
  const before = Visitor.as(server, 'viewer');
  const response = await before.post('/login', { name: 'admin', password });
  expect(response.status).toBe(303);
  const cookie = response.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^__Host-tureen-admin=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
  expect(cookie.split(';')[0]).not.toBe(before.cookie);
  expect((await before.get('')).status).toBe(303);
  const page = await fetch(`${before.base}/people`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  const [csrf = ''] = /(?<=name="csrf" value=")[^"]+/.exec(await page.text()) ?? [];
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  expect((await before.post('/logout', { csrf }, headers)).headers.get('set-cookie')).toContain('Max-Age=0');
  expect((await before.get('/people', headers)).status).toBe(303);
  expect(server.store.audit.search({ text: 'login', limit: 5 })).toMatchObject([
    { by: { id: 'admin' }, result: 'done' },
  ]);
});

test('wrong passwords are refused in the same words as unknown names, and soon only after a wait', async () => {
  await using server = await startWithUsers();
  const visitor = Visitor.as(server, 'viewer');
  const attempt = (name: string, guess: string) => visitor.post('/login', { name, password: guess });
  const wrong = await attempt('admin', 'wrong');
  const unknown = await attempt('nobody', 'wrong');
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  const words = async (response: Response) => await select(await response.text(), '.toast');
  expect(await words(wrong)).toEqual(await words(unknown));
  for (let count = 0; count < 4; count += 1) await attempt('admin', 'wrong');
  const refused = await attempt('admin', password);
  expect(refused.status).toBe(429);
  expect((await words(refused))[0]).toMatch(/try again in \d+ seconds/);
  expect(server.store.audit.search({ text: 'wrong name or password', limit: 20 }).length).toBe(6);
});

test('the first admin is made by a link that works once', async () => {
  await using server = await startServer(withKeys);
  const link = server.admin.setupLink(server.url) ?? '';
  const token = new URL(link).searchParams.get('token') ?? '';
  const base = `http://127.0.0.1:${server.port}/admin`;
  const post = (fields: Record<string, string>) =>
    fetch(`${base}/setup`, {
      method: 'POST',
      redirect: 'manual',
      headers: form,
      body: new URLSearchParams(fields),
    });
  expect((await fetch(`${base}/setup?token=guess`)).status).toBe(401);
  expect((await fetch(`${base}/setup?token=${token}`)).status).toBe(200);
  expect(await (await fetch(`${base}/login`)).text()).toContain('set-up link');
  expect((await post({ token: 'guess', name: 'eve', password })).status).toBe(401);
  expect((await post({ token, name: 'root', password: 'short' })).status).toBe(400);
  const answers = await Promise.all([
    post({ token, name: 'root', password }),
    post({ token, name: 'eve', password }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 401]);
  expect(server.store.users.count).toBe(1);
  expect(server.admin.setupLink(server.url)).toBeUndefined();
  expect((await fetch(`${base}/setup?token=${token}`)).status).toBe(401);
});

test('the admin of the configuration logs in, and there is no set-up link', async () => {
  const hash = await Bun.password.hash('from the environment');
  const environment = { ...withKeys, TUREEN_ADMIN_USER: 'ops', TUREEN_ADMIN_PASSWORD_HASH: hash };
  await using server = await startServer(environment);
  expect(server.admin.setupLink(server.url)).toBeUndefined();
  const response = await fetch(`http://127.0.0.1:${server.port}/admin/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: form,
    body: new URLSearchParams({ name: 'ops', password: 'from the environment' }),
  });
  expect(response.status).toBe(303);
});

test('a user whom a trusted proxy names is logged in, and the same header from elsewhere is worth nothing', async () => {
  const header = { TUREEN_ADMIN_USER_HEADER: 'x-user', TUREEN_ADMIN_HEADER_ROLE: 'moderator' };
  const from = async (proxies: string) => {
    await using server = await startServer({ ...withKeys, ...header, TUREEN_TRUSTED_PROXIES: proxies });
    const base = `http://127.0.0.1:${server.port}/admin`;
    const named = await fetch(base, {
      redirect: 'manual',
      headers: { 'x-user': 'ada', 'x-forwarded-for': '192.0.2.7' },
    });
    const cookie = named.headers.get('set-cookie')?.split(';')[0] ?? '';
    const later = await fetch(base, { redirect: 'manual', headers: { cookie } });
    return {
      named: named.status,
      later: later.status,
      ada: server.store.users.byName('ada'),
      sessions: server.store.sessions.list(),
    };
  };
  const trusted = await from('10.0.0.0/8,127.0.0.1');
  expect(trusted).toMatchObject({ named: 200, later: 303, ada: { role: 'moderator', origin: 'proxy' } });
  expect(trusted.sessions).toMatchObject([{ address: '192.0.2.7' }]);
  expect(await from('10.0.0.0/8')).toMatchObject({ named: 303, ada: undefined, sessions: [] });
});

test('the address of somebody who logs in is read as that of every other client, and a client cannot make one up', async () => {
  const addressBy = async (environment: Record<string, string>) => {
    await using server = await startWithUsers({ ...withKeys, ...environment });
    await Visitor.as(server, 'viewer').post(
      '/login',
      { name: 'admin', password: 'wrong' },
      {
        'x-forwarded-for': '192.0.2.1',
        forwarded: 'for=192.0.2.2',
        'fly-client-ip': '192.0.2.3',
      },
    );
    return server.store.audit.search({ text: 'login', limit: 1 })[0]?.address;
  };
  const TUREEN_TRUSTED_PROXIES = '127.0.0.1';
  expect(await addressBy({})).toBe('127.0.0.1');
  expect(await addressBy({ TUREEN_TRUSTED_PROXIES })).toBe('192.0.2.1');
  expect(await addressBy({ TUREEN_TRUSTED_PROXIES, TUREEN_FORWARDED_HEADER: 'forwarded' })).toBe('192.0.2.2');
  expect(await addressBy({ FLY_APP_NAME: 'tureen' })).toBe('192.0.2.3');
});

test('the dashboard is on a port of its own when it is given one, and nowhere when it is off', async () => {
  await using own = await startWithUsers({ ...withKeys, TUREEN_ADMIN_PORT: '0' });
  expect((await Visitor.as(own, 'admin', own.admin.port).get('/rooms')).status).toBe(200);
  expect((await Visitor.as(own, 'admin').get('/rooms')).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${own.admin.port}/livez`)).status).toBe(404);
  await using off = await startWithUsers({ ...withKeys, TUREEN_ADMIN: 'off' });
  expect((await Visitor.as(off, 'admin').get('/rooms')).status).toBe(404);
  expect(off.admin.setupLink(off.url)).toBeUndefined();
});

test('a peer is removed without scripts: a link leads to a page that asks, and its form does it', async () => {
  await using server = await startWithUsers({});
  const bob = await enter({ server, peerId: 'bob' });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const moderator = Visitor.as(server, 'moderator');
  const room = await moderator.text('/room?room=room');
  expect(await select(room, '.peer h3')).toEqual(['bob']);
  const [link = ''] = /(?<=href="\/admin)\/do\/room\/remove\?[^"]+/.exec(room) ?? [];
  const asking = await moderator.text(link.replaceAll('&amp;', '&'));
  expect(await select(asking, 'h2')).toEqual(['Remove']);
  expect(asking).toContain('method="post"');
  const fields = { room: 'room', peer: 'bob', reason: 'rude', back: '/admin/room?room=room' };
  const done = await moderator.post('/do/room/remove', fields);
  expect([done.status, done.headers.get('location')]).toEqual([303, '/admin/room?room=room']);
  expect((await bob.client.closed).reason).toBe('removed: a moderator removed you: rude');
  const after = await moderator.text('/room?room=room');
  expect(await select(after, '#toasts .toast')).toEqual([
    'bob was removed: socket and transports are closed, and nobody receives them.',
  ]);
  expect(await select(await moderator.text('/room?room=room'), '#toasts .toast')).toEqual([]);
  expect(await select(await moderator.text('/audit'), 'tbody tr td:nth-child(3)')).toEqual(['peer.remove']);
});

test('after a form nobody is sent to another site', async () => {
  await using server = await startWithUsers({});
  await enter({ server, peerId: 'bob' });
  const moderator = Visitor.as(server, 'moderator');
  for (const back of [
    'https://evil.example/',
    '//evil.example',
    '/admin\\evil',
    '/adminevil',
    'javascript:alert(1)',
    '/admin/..//evil.example',
    '/admin/%2e%2e//evil.example',
    '/admin/../x',
    '/\t/evil.example',
  ]) {
    const response = await moderator.post('/do/room/lock', { room: 'room', back });
    expect([back, response.headers.get('location')]).toEqual([back, '/admin']);
  }
});

test('a page whose address has any letters is gone back to', async () => {
  await using server = await startWithUsers({});
  await enter({ server, peerId: 'bob' });
  const moderator = Visitor.as(server, 'moderator');
  const back = '/admin/room?room=日本 \u{1f600}';
  const encoded = '/admin/room?room=%E6%97%A5%E6%9C%AC%20%F0%9F%98%80';
  const fields = { room: 'room', back };
  const plain = await moderator.post('/do/room/lock', fields);
  expect([plain.status, plain.headers.get('location')]).toEqual([303, encoded]);
  const lone = await moderator.post('/do/room/unlock', { room: 'room', back: '/admin/rooms?q=\ud800' });
  expect(lone.status).toBe(303);
});

test('each action does what it says, or says why not', async () => {
  await using server = await startWithUsers({ TUREEN_WORKERS: '2' });
  const bob = await enter({ server, peerId: 'bob' });
  const { id: producer } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const admin = Visitor.as(server, 'admin');
  const ask = async (path: string, fields: Record<string, string> = {}) => {
    const html = await admin.post(
      path,
      { room: 'room', peer: 'bob', producer, ...fields },
      { 'hx-request': 'true' },
    );
    return (await select(await html.text(), '.toast'))[0] ?? html.headers.get('hx-redirect') ?? '';
  };
  expect(await ask('/do/room/mute')).toBe('bob was muted.');
  expect(server.sfu.peer('room', 'bob').publication(producer).producer.paused).toBe(true);
  expect(await ask('/do/room/allow')).toBe('bob may resume.');
  expect(await ask('/do/room/mute-all', { source: 'audio' })).toBe('1 muted.');
  expect(await ask('/do/room/stop-publishing')).toBe('bob may not publish any more.');
  expect(await ask('/do/room/mute')).toMatch(/^Not done: .*no producer/);
  expect(await ask('/do/room/allow-publishing')).toBe('bob may publish again.');
  expect(await ask('/do/room/lock')).toContain('locked');
  expect(server.sfu.room('room').locked).toBe(true);
  expect(await ask('/do/room/unlock')).toContain('open again');
  expect(await ask('/do/room/notice', { message: 'five minutes left' })).toBe('The notice was sent.');
  expect((await bob.client.waitFor('notice')).message).toBe('five minutes left');
  expect(await ask('/do/room/cap', { kilobits: '300' })).toBe('Each peer sends at most 300 kbit/s.');
  expect((await transportOf(server).getStats())[0]?.maxIncomingBitrate).toBe(300_000);
  expect(await select(await admin.text('/room?room=room'), '.page-head .note')).toEqual([
    expect.stringContaining('at most 300 kbit/s each'),
  ]);
  expect(await ask('/do/room/cap', { kilobits: '0' })).toBe('The cap is gone.');
  expect((await transportOf(server).getStats())[0]?.maxIncomingBitrate).toBe(8_000_000);
  expect(await ask('/do/room/move', { worker: '7' })).toMatch(/^Not done/);
  expect(await ask('/do/room/move', { worker: '1' })).toContain('worker 1');
  await bob.client.waitFor('rejoin');
  expect(await ask('/do/bans/add', { kind: 'identity', value: 'mallory', for: '1h' })).toBe(
    'mallory is banned from the room room for 1 hour.',
  );
  expect(await ask('/do/bans/add', { kind: 'identity', value: '', for: '1h' })).toMatch(/"value" is missing/);
  const [{ id } = { id: '' }] = server.store.bans.list({ limit: 1 });
  expect(await ask('/do/bans/lift', { id })).toBe('The ban is lifted.');
  expect(await ask('/do/overview/drain', { seconds: '600' })).toContain('draining');
  expect(await select(await admin.text(''), '.alert')).toContainEqual(expect.stringContaining('draining'));
  expect(await ask('/do/overview/cancel-drain')).toContain('cancelled');
  expect(await ask('/do/room/peer-notice', { message: 'for you alone' })).toBe('The notice was sent to bob.');
  await bob.client.waitFor('notice', ({ message }) => message === 'for you alone');
  expect(await ask('/do/room/remove-selected')).toBe('1 peer removed.');
  expect(await ask('/do/room/close')).toBe('/admin/rooms');
  expect(server.sfu.rooms.size).toBe(0);
});

test('several are ticked and treated at once: muted, told, removed, banned, and those who left are counted', async () => {
  await using server = await startWithUsers(withKeys);
  const join = async (peerId: string) =>
    await enter({ server, peerId, token: await tokenFor('room', peerId, { now: Date.now() + 2000 }) });
  const [ada, bea, cleo] = [await join('ada'), await join('bea'), await join('cleo')];
  await ada.client.request('produce', audioTrack(ada.sendTransport, 1000));
  await bea.client.request('produce', audioTrack(bea.sendTransport, 2000));
  const moderator = Visitor.as(server, 'moderator');
  const fields = (...peers: string[]): [string, string][] => [
    ['room', 'room'],
    ...peers.map((peer): [string, string] => ['peer', peer]),
  ];
  const ask = async (action: string, sent: [string, string][]) => {
    const answer = await moderator.post(`/do/room/${action}`, sent, { 'hx-request': 'true' });
    return (await select(await answer.text(), '.toast'))[0];
  };
  const asking = await moderator.text(`/do/room/ban-selected?${new URLSearchParams(fields('ada', 'bea'))}`);
  expect(await select(asking, 'form > p')).toEqual(['2 peers: ada, bea']);
  expect(await ask('mute-selected', fields('ada', 'bea', 'cleo'))).toBe('2 microphones muted.');
  const held = server.sfu.room('room').publications.map(({ info }) => info.pausedBy.has('moderator'));
  expect(held).toEqual([true, true]);
  expect(await ask('notice-selected', [...fields('ada', 'cleo'), ['message', 'quiet']])).toBe(
    'The notice was sent to 2 peers.',
  );
  expect((await cleo.client.waitFor('notice')).message).toBe('quiet');
  expect(await ask('remove-selected', fields())).toMatch(/^Not done: select at least one/);
  expect(await ask('ban-selected', fields('ada'))).toMatch(/^Not done: .*recognised/);
  expect(server.sfu.room('room').peers.size).toBe(3);
  const order: [string, string][] = [
    ['by', 'identity'],
    ['scope', 'server'],
    ['for', 'forever'],
    ['reason', 'spam'],
  ];
  expect(await ask('ban-selected', [...fields('ada', 'bea', 'gone'), ...order])).toBe(
    '2 peers removed and banned from the whole server for good. 1 had left already.',
  );
  expect((await ada.client.closed).reason).toBe('removed: you were banned: spam');
  expect((await bea.client.closed).reason).toBe('removed: you were banned: spam');
  expect([...server.sfu.room('room').peers.keys()]).toEqual(['cleo']);
  const bans = server.store.bans.list({ limit: 9, onlyActive: true });
  expect(bans.map(({ value, roomId, expiresAt }) => [value, roomId, expiresAt]).sort()).toEqual([
    ['ada', null, null],
    ['bea', null, null],
  ]);
  const token = await tokenFor('other', 'ada', { now: Date.now() + 5000 });
  const again = await SignalingClient.connect({ server, roomId: 'other', peerId: 'ada', token });
  expect((await again.closed).reason).toMatch(/^banned: /);
  expect(await select(await moderator.text('/bans'), 'td b')).toEqual(['bea', 'ada']);
  const told = server.store.audit.search({ text: 'peer.ban', limit: 9 });
  expect(told.map(({ peerId, result }) => [peerId, result]).sort()).toEqual([
    ['ada', 'done'],
    ['bea', 'done'],
  ]);
});

test('every action that is sent without its fields says what is missing, and none of them fails inside', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  for (const { path } of actions) {
    const response = await admin.post(path, {}, { 'hx-request': 'true' });
    const told = await select(await response.text(), '.toast');
    expect([path, response.status, told.length]).toEqual([path, 200, 1]);
    expect([path, told[0]]).toEqual([
      path,
      expect.stringMatching(/^Not done: |is cancelled|is revoked|is ended/),
    ]);
    expect([path, told[0]]).not.toEqual([path, expect.stringMatching(/internal|mistake/)]);
    const asking = await admin.get(path);
    expect([path, [200, 404, 400].includes(asking.status)]).toEqual([path, true]);
  }
  expect(server.store.audit.search({ text: 'internal', limit: 5 })).toEqual([]);
});

test('users, their sessions and keys are kept by admins, of whom one always stays', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  const ask = async (action: string, fields: Record<string, string>) => {
    const response = await admin.post(`/do/people/${action}`, fields, { 'hx-request': 'true' });
    return (await response.text()).replaceAll(/<[^>]+>/g, ' ');
  };
  const { id } = server.store.users.byName('admin') ?? { id: 0 };
  expect(await ask('set-role', { id: String(id), role: 'viewer' })).toContain('last admin');
  expect(await ask('remove-user', { id: String(id) })).toContain('last admin');
  expect(await ask('add-user', { name: 'eva', password: 'short', role: 'moderator' })).toContain('12 to 256');
  expect(await ask('add-user', { name: 'eva', password, role: 'moderator' })).toContain('eva may log in');
  expect((await server.store.users.check('eva', password))?.role).toBe('moderator');
  expect(await ask('add-user', { name: 'EVA', password, role: 'admin' })).toContain('already');
  const eva = { id: String(server.store.users.byName('eva')?.id) };
  expect(await ask('set-role', { ...eva, role: 'viewer' })).toContain('eva is viewer now');
  expect(server.store.users.byName('eva')?.role).toBe('viewer');
  const session = server.store.sessions.open({ userId: Number(eva.id), address: '', agent: '' });
  expect(await ask('set-password', { ...eva, password: 'another good one' })).toContain('was set');
  expect(await server.store.users.check('eva', password)).toBeUndefined();
  expect((await server.store.users.check('eva', 'another good one'))?.name).toBe('eva');
  expect(server.store.sessions.find(session)).toBeUndefined();
  expect(await ask('remove-user', eva)).toContain('eva was removed');
  expect(server.store.users.byName('eva')).toBeUndefined();
  const viewer = Visitor.as(server, 'viewer');
  const [theirs] = server.store.sessions
    .list()
    .filter(({ userId }) => userId === server.store.users.byName('viewer')?.id);
  expect(await ask('end-session', { id: String(theirs?.id) })).toContain('ended');
  expect((await viewer.get('')).status).toBe(303);
  const [secret = ''] = /tureen_[\w-]+/.exec(await ask('add-key', { name: 'robot', role: 'viewer' })) ?? [];
  expect(server.store.apiKeys.find(secret)?.name).toBe('robot');
  expect(JSON.stringify([...server.store.audit.lines()])).not.toMatch(new RegExp(`${secret}|${password}`));
  const page = await admin.text('/people');
  expect(page).toContain('A key is the password of a program');
  expect(page).toContain('robot');
  expect(page).not.toContain(secret);
  expect(await ask('revoke-key', { id: '1' })).toContain('revoked');
  expect(server.store.apiKeys.find(secret)).toBeUndefined();
  expect(await admin.text('/people')).not.toContain('robot');
});

test('the audit log is exported by admins as JSON lines', async () => {
  await using server = await startWithUsers();
  for (let index = 0; index < 700; index += 1)
    server.store.audit.record({ by: { kind: 'admin', id: 'root' }, action: 'notice', roomId: `<${index}>` });
  const lines = (await Visitor.as(server, 'admin').text('/export/audit.jsonl')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { roomId: string }).roomId)[699]).toBe('<699>');
});

test('the audit log shows names beside ids', async () => {
  await using server = await startWithUsers();
  const by = { kind: 'admin', id: 'root' };
  const details = { name: 'Bob <the> Builder', scope: 'room' };
  server.store.audit.record({ by, action: 'peer.ban', roomId: 'room', peerId: 'b-4711', details });
  server.store.audit.record({ by, action: 'webhooks.resume', details: { name: 'billing' } });
  const html = await Visitor.as(server, 'moderator').text('/audit');
  expect(await select(html, '#entries td b')).toEqual(['Bob &lt;the&gt; Builder']);
  const under = await select(html, '#entries td:nth-child(4) .under');
  expect(under).toEqual(['name: billing', 'room / b-4711', 'scope: room']);
});

test('settings show what is in effect, and of secrets only that they are set', async () => {
  await using server = await startWithUsers();
  const html = await Visitor.as(server, 'admin').text('/settings');
  const cells = await select(html, 'tbody td');
  expect(cells[cells.indexOf('TUREEN_API_KEY') + 1]).toBe('test-key');
  expect(cells[cells.indexOf('TUREEN_API_SECRET') + 1]).toBe('set, hidden');
  expect(html).not.toContain('test-secret');
});

test('settings stand by subject, are searched, and say whether a reload changes them', async () => {
  await using server = await startWithUsers();
  const admin = Visitor.as(server, 'admin');
  const whole = await admin.text('/settings');
  expect(await select(whole, '#settings h2')).toEqual(subjects.map(({ title }) => title));
  const rows = Object.keys(settings).length;
  expect(await select(whole, '#settings tbody tr')).toHaveLength(rows);
  const change = async (name: string) => (await select(whole, `#setting-${name} .badge`))[0];
  expect(await Promise.all(['logLevel', 'apiKeyNames', 'port', 'workers'].map(change))).toEqual([
    'reload',
    'reload',
    'restart',
    'restart',
  ]);
  expect(await select(whole, '#settings .badge.accent')).toHaveLength(changeable.length + 1);
  const found = await admin.text('/settings?q=LOG_LEVEL');
  expect(await select(found, '#settings td.code')).toEqual(['LOG_LEVEL']);
  expect(await select(found, '#settings h2')).toEqual(['Server']);
  // The value of a secret is not found by searching for it.
  expect(await select(await admin.text('/settings?q=test-secret'), '#settings .empty-title')).toEqual([
    'Nothing found',
  ]);
});

function transportOf(server: Server) {
  const sending = [...server.sfu.peer('room', 'bob').transports.values()].find(({ producing }) => producing);
  if (!sending) throw new Error('bob sends nothing');
  return sending.transport;
}
