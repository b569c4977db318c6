import { expect, setDefaultTimeout, test } from 'bun:test';
import { Watchings } from '../../admin/watchings.ts';
import type { Server } from '../../src/app/server.ts';
import type { Config, Environment } from '../../src/config/config.ts';
import { openDashboardView } from '../../src/whip/dashboard-viewer.ts';
import { TestClock } from '../support/clock.ts';
import { withKeys } from '../support/server.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';
import { offerOf } from '../whip/whip-client.ts';
import { select, startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(60_000);

interface Opened {
  readonly id: string;
  readonly sdp: string;
  readonly peerId: string;
}

/** A server in development mode with ada, who sends, and bea, who only looks. */
async function startCall(environment: Environment = {}, clock?: TestClock) {
  const server = await startWithUsers(environment, clock && { clock });
  const ada = await enter({ server, peerId: 'ada' });
  await ada.client.request('produce', audioTrack(ada.sendTransport, 1000));
  await ada.client.request('produce', videoTrack(ada.sendTransport, 2000));
  const bea = await enter({ server, peerId: 'bea' });
  return {
    server,
    bea,
    async [Symbol.asyncDispose]() {
      await server.stop();
    },
  };
}

const offer = await offerOf('chromium-player');

async function send(
  visitor: Visitor,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  const { method = 'POST', headers = {} } = options;
  return await fetch(visitor.base + path, {
    method,
    headers: {
      cookie: visitor.cookie,
      'content-type': 'application/sdp',
      'x-csrf-token': visitor.csrf,
      'sec-fetch-site': 'same-origin',
      'hx-request': 'true',
      ...headers,
    },
    ...(method === 'POST' && { body: offer }),
  });
}

async function watch(visitor: Visitor, query = 'room=room&peer=ada'): Promise<Opened> {
  const response = await send(visitor, `/watch?${query}`);
  expect(response.status).toBe(201);
  return (await response.json()) as Opened;
}

const log = (server: Server) =>
  server.store.audit
    .search({ text: '.watch', limit: 10 })
    .map(({ action, roomId, peerId, by, details, result }) => ({
      action,
      roomId,
      peerId,
      by: by.id,
      details,
      result,
    }));
const watchers = (server: Server) =>
  server.sfu.read.room('room').peers.filter(({ id }) => id.startsWith('watch-'));

test('the room sees by whom it is watched and that it ends, and both are in the audit log', async () => {
  await using call = await startCall();
  const { server, bea } = call;
  const moderator = Visitor.as(server, 'moderator');
  const { id, sdp, peerId } = await watch(moderator);
  expect(peerId).toBe('ada');
  expect(sdp.match(/^m=(audio|video)/gm)).toEqual(['m=audio', 'm=video']);
  const told = await bea.client.waitFor('newPeer', ({ displayName }) => displayName !== 'ada');
  expect(told.displayName).toBe('moderator (moderator, watching)');
  const entry = {
    action: 'peer.watch',
    roomId: 'room',
    peerId: 'ada',
    by: 'moderator',
    details: { mode: 'told' },
  };
  expect(log(server)).toEqual([{ ...entry, result: null }]);
  expect((await send(moderator, `/watch/${id}`, { method: 'DELETE' })).status).toBe(204);
  await bea.client.waitFor('peerLeft', (left) => left.peerId === told.id);
  expect(log(server)).toEqual([{ ...entry, result: expect.stringMatching(/^done: watched for \d+ s$/) }]);
  expect(watchers(server)).toEqual([]);
});

test('with hidden nobody in the room is told, and the audit log says so', async () => {
  await using call = await startCall({ TUREEN_ADMIN_WATCH: 'hidden' });
  const { server, bea } = call;
  const moderator = Visitor.as(server, 'moderator');
  const { id } = await watch(moderator);
  expect(watchers(server)).toMatchObject([{ grants: { hidden: true, publish: false } }]);
  await send(moderator, `/watch/${id}`, { method: 'DELETE' });
  server.sfu.notice({ roomId: 'room', message: 'afterwards', by: { kind: 'admin', id: 'x' } });
  const first = await Promise.race([
    bea.client.waitFor('notice', ({ message }) => message === 'afterwards').then(() => 'notice'),
    bea.client.waitFor('newPeer', ({ id: peerId }) => String(peerId).startsWith('watch-')).then(() => 'told'),
  ]);
  expect(first).toBe('notice');
  expect(log(server)).toMatchObject([{ details: { mode: 'hidden' } }]);
});

test('a room without a named peer is watched too, also when it is locked', async () => {
  await using call = await startCall();
  const { server } = call;
  server.sfu.setRoomLocked({ roomId: 'room', locked: true, by: { kind: 'admin', id: 'x' } });
  expect((await watch(Visitor.as(server, 'admin'), 'room=room')).peerId).toBe('ada');
  expect(log(server)).toMatchObject([{ action: 'room.watch', by: 'admin', result: null }]);
});

test('a session watches one at a time: another one ends the first', async () => {
  await using call = await startCall();
  const { server } = call;
  const moderator = Visitor.as(server, 'moderator');
  const first = await watch(moderator);
  await watch(moderator);
  expect(watchers(server)).toHaveLength(1);
  expect(log(server).map(({ result }) => result === null)).toEqual([true, false]);
  expect((await send(moderator, `/watch/${first.id}`)).status).toBe(404);
  expect((await send(moderator, `/watch/${first.id}`, { method: 'DELETE' })).status).toBe(204);
  expect(watchers(server)).toHaveLength(1);
  expect((await send(Visitor.as(server, 'moderator'), '/watch?room=room')).status).toBe(201);
  expect(watchers(server)).toHaveLength(2);
});

test('watching needs the role, the session, its token and an own page; nobody else gets in', async () => {
  await using call = await startCall();
  const { server } = call;
  const moderator = Visitor.as(server, 'moderator');
  const viewer = Visitor.as(server, 'viewer');
  const attempts = [
    await send(viewer, '/watch?room=room'),
    await send(moderator, '/watch?room=room', { headers: { 'x-csrf-token': '' } }),
    await send(moderator, '/watch?room=room', { headers: { 'x-csrf-token': viewer.csrf } }),
    await send(moderator, '/watch?room=room', { headers: { 'sec-fetch-site': 'cross-site' } }),
    await send(moderator, '/watch?room=room', { headers: { cookie: '' } }),
    await send(moderator, '/watch?room=room', { headers: { 'content-type': 'text/plain' } }),
  ];
  expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403, 401, 415]);
  const { id } = await watch(moderator);
  // Neither another session of the dashboard nor the address of WHEP leads to it.
  const other = Visitor.as(server, 'admin');
  expect((await send(other, `/watch/${id}`)).status).toBe(404);
  expect((await send(other, `/watch/${id}`, { method: 'DELETE' })).status).toBe(204);
  const whep = await fetch(`http://127.0.0.1:${server.port}/whep/room/${id}`, { method: 'DELETE' });
  expect(whep.status).toBe(404);
  expect(
    (await send(moderator, `/watch/${id}`, { method: 'DELETE', headers: { 'x-csrf-token': '' } })).status,
  ).toBe(403);
  expect(watchers(server)).toHaveLength(1);
  expect(await select(await moderator.text('/room?room=room'), '[data-watch]')).toHaveLength(4);
  expect(await select(await viewer.text('/room?room=room'), '[data-watch]')).toEqual([]);
});

test('where it is off nobody watches, and no page offers it', async () => {
  await using server = await startWithUsers({ ...withKeys, TUREEN_ADMIN_WATCH: 'off' });
  const admin = Visitor.as(server, 'admin');
  const refused = await send(admin, '/watch?room=room');
  expect([refused.status, await select(await refused.text(), '.toast')]).toEqual([
    403,
    [expect.stringContaining('TUREEN_ADMIN_WATCH')],
  ]);
  expect(await admin.text('/peer?room=room&peer=ada')).not.toContain('data-watch');
  expect(log(server)).toEqual([]);
});

test('what cannot be watched is refused with the reason, opens no room, and is in the audit log', async () => {
  await using server = await startWithUsers({});
  const moderator = Visitor.as(server, 'moderator');
  const refused = await send(moderator, '/watch?room=nowhere&peer=ada');
  expect(await select(await refused.text(), '.toast')).toEqual([
    expect.stringContaining('no peer "ada" publishes'),
  ]);
  expect(server.sfu.rooms.size).toBe(0);
  expect(log(server)).toMatchObject([
    { roomId: 'nowhere', result: expect.stringMatching(/^failed: not_live/) },
  ]);
});

test('it ends with what it rests on: the session, the role, and what is watched', async () => {
  const clock = new TestClock(Date.now());
  await using call = await startCall({}, clock);
  const { server } = call;
  const ends: Record<string, () => void> = {
    session: () => {
      for (const { id } of server.store.sessions.list()) server.store.sessions.close(id);
    },
    role: () => server.store.users.setRole(server.store.users.byName('moderator')?.id ?? 0, 'viewer'),
  };
  for (const [what, end] of Object.entries(ends)) {
    server.store.users.setRole(server.store.users.byName('moderator')?.id ?? 0, 'moderator');
    await watch(Visitor.as(server, 'moderator'));
    clock.advance(1900);
    expect([what, watchers(server).length]).toEqual([what, 1]);
    end();
    clock.advance(200);
    expect([what, watchers(server).length]).toEqual([what, 0]);
  }
  await watch(Visitor.as(server, 'admin'));
  await server.sfu.removePeer({ roomId: 'room', peerId: 'ada', by: { kind: 'admin', id: 'x' }, reason: '' });
  expect(watchers(server)).toEqual([]);
  expect(log(server).map(({ result }) => result?.startsWith('done'))).toEqual([true, true, true]);
});

/** Watchings over a real server, with a setting and a right that change. */
async function ownWatchings() {
  const clock = new TestClock(Date.now());
  const call = await startCall({ TUREEN_ADMIN: 'off' }, clock);
  const { server } = call;
  const config: { adminWatch: Config['adminWatch'] } = { adminWatch: 'told' };
  const right = { holds: true, during: () => {} };
  const watchings = new Watchings({
    ...{ store: server.store, clock, config },
    openView: async (view) => {
      const opened = await openDashboardView({ sfu: server.sfu, config: server.config }, view);
      right.during();
      return opened;
    },
    isAllowed: () => right.holds,
  });
  const user = server.store.users.byName('moderator');
  const secret = server.store.sessions.open({ userId: user?.id ?? 0, address: '', agent: '' });
  const session = server.store.sessions.find(secret);
  if (!user || !session) throw new Error('there is no moderator');
  const open = () =>
    watchings.open({ visitor: { user, session }, address: '', roomId: 'room', screen: false, offer });
  return { call, server, clock, config, right, watchings, open };
}

test('a setting that a reload changes ends what it allowed', async () => {
  const { call, server, clock, config, open } = await ownWatchings();
  await using _call = call;
  await open();
  config.adminWatch = 'hidden';
  clock.advance(2000);
  expect(watchers(server)).toEqual([]);
  await open();
  expect(watchers(server)).toMatchObject([{ grants: { hidden: true } }]);
});

test('whoever loses the right, or is closed, while the view is being opened sees nothing', async () => {
  const { call, server, right, watchings, open } = await ownWatchings();
  await using _call = call;
  right.during = () => {
    right.holds = false;
  };
  await expect(open()).rejects.toThrow(/right to watch has just ended/);
  expect(watchers(server)).toEqual([]);
  expect(log(server).map(({ result }) => result === null)).toEqual([false]);
  right.holds = true;
  right.during = () => watchings.close();
  await expect(open()).rejects.toThrow(/right to watch has just ended/);
  expect(watchers(server)).toEqual([]);
});
