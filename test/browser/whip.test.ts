import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';
import { type GuidePage, guidePage, publishByWhip, WhipGuide, watchByWhep } from './whip-guide.ts';

const held = useBrowser();
let guide: WhipGuide;

beforeAll(async () => {
  guide = await WhipGuide.make();
});

afterAll(() => guide[Symbol.asyncDispose]());

const placeOf = (server: Server) => ({
  browser: held.browser,
  origin: `http://127.0.0.1:${server.port}`,
});
const publisher = (server: Server, query?: string) => publishByWhip(placeOf(server), query);
const viewer = (server: Server) => watchByWhep(placeOf(server));

/** What the sound that a page plays has amounted to (W3C webrtc-stats, totalAudioEnergy). */
async function soundIn(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const { opened } = window as unknown as GuidePage;
    const entries = [...(await opened.connection.getStats()).values()];
    return (
      entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')?.totalAudioEnergy ?? 0
    );
  });
}

async function widthIn(page: Page): Promise<number> {
  return Math.max(0, ...(await statistics(page)).videos.map(({ width }) => width));
}

test('Chromium publishes by WHIP in layers, and another page plays them by WHEP with sound', async () => {
  await using server = await startServer({}, { pageFolder: guide.folder });
  await publisher(server);
  const camera = server.sfu.peer('room', 'camera');
  const video = [...camera.publications.values()].find(({ producer }) => producer.kind === 'video');
  await eventually(
    'two layers from the publisher',
    async () => video?.producer.score.filter(({ score }) => score > 0).length ?? 0,
    (layers) => layers >= 2,
  );
  const page = await viewer(server);
  await seesAndHears(page, 1);
  await eventually(
    'sound that is not silent',
    () => soundIn(page),
    (energy) => energy > 0.001,
  );
  const status = await page.evaluate(async () => {
    const { opened } = window as unknown as GuidePage;
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${opened.session}/layer`, { method: 'POST', headers, body: '{"rid":"l"}' })).status;
  });
  expect(status).toBe(200);
  // A busy machine may send no more than the smallest layer, so that a larger one is not waited for.
  await eventually(
    'the smallest layer',
    () => widthIn(page),
    (width) => width === 160,
  );
  await seesAndHears(page, 1);
});

test('a WHIP publisher and a participant of the call: the one is seen by the other, who can be watched', async () => {
  await using server = await startServer({}, { pageFolder: guide.folder });
  await publisher(server, '?peerId=camera&name=Studio');
  const alice = await held.browser.open(server, { name: 'Alice' });
  await seesAndHears(alice, 1);
  await alice.waitForFunction(() => document.body.textContent?.includes('Studio'));
  const page = await guidePage(placeOf(server));
  const [peerId] = server.sfu
    .room('room')
    .joinedPeers.filter(({ displayName }) => displayName === 'Alice')
    .map(({ id }) => id);
  await page.evaluate(async (id) => {
    const guide = window as unknown as GuidePage;
    const video = document.querySelector('video');
    if (video) guide.opened = await guide.watch(`/whep/room?peerId=${id}`, video);
  }, peerId);
  await seesAndHears(page, 1);
  // The page of the call would look for its server.
  await held.browser.closePages();
});

test('a publisher goes on after a restart of ICE, and is gone when a moderator removes it', async () => {
  await using server = await startServer({}, { pageFolder: guide.folder });
  const page = await publisher(server);
  const watching = await viewer(server);
  await seesAndHears(watching, 1);
  const camera = server.sfu.peer('room', 'camera');
  const [entry] = camera.transports.values();
  const fragment = () => (entry?.type === 'webrtc' ? entry.transport.iceParameters.usernameFragment : '');
  const before = fragment();
  await page.evaluate(async () => {
    const guide = window as unknown as GuidePage;
    await guide.restart(guide.opened);
  });
  expect(fragment()).not.toBe(before);
  await eventually(
    'the connection under the new credentials',
    async () =>
      await page.evaluate(() => {
        const { connection } = (window as unknown as GuidePage).opened;
        return [connection.connectionState, connection.signalingState];
      }),
    ([connection, signaling]) => connection === 'connected' && signaling === 'stable',
  );
  await seesAndHears(watching, 1);
  const by = { kind: 'moderator', id: 'chair' } as const;
  void server.sfu.removePeer({ roomId: 'room', peerId: 'camera', reason: 'enough', by });
  const closed = async (one: Page) =>
    await one.evaluate(() => (window as unknown as GuidePage).opened.connection.connectionState);
  await eventually(
    'the end of the publisher',
    () => closed(page),
    (state) => state === 'closed' || state === 'failed' || state === 'disconnected',
  );
  await eventually(
    'the end of the viewer',
    () => closed(watching),
    (state) => state === 'closed' || state === 'failed' || state === 'disconnected',
  );
  expect(server.sfu.rooms.get('room')?.peers.size).toBe(0);
});

test('a page ends its session', async () => {
  await using server = await startServer({}, { pageFolder: guide.folder });
  const page = await publisher(server);
  expect(server.sfu.peer('room', 'camera').joined).toBe(true);
  await page.evaluate(async () => {
    const guide = window as unknown as GuidePage;
    await guide.end(guide.opened);
  });
  expect(server.sfu.rooms.get('room')?.peers.size).toBe(0);
});

test('a player that asks for an offer plays by it', async () => {
  await using server = await startServer({}, { pageFolder: guide.folder });
  await publisher(server);
  const page = await guidePage(placeOf(server));
  const statuses = await page.evaluate(async () => {
    const guide = window as unknown as GuidePage;
    const asking = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const kind of ['audio', 'video']) asking.addTransceiver(kind, { direction: 'recvonly' });
    const { sdp: body } = await asking.createOffer();
    asking.close();
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch('/whep/room?offer=server', { method: 'POST', headers, body });
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    await connection.setRemoteDescription({ type: 'offer', sdp: await response.text() });
    await connection.setLocalDescription();
    const session = response.headers.get('location') ?? '';
    const answer = connection.localDescription?.sdp;
    const patch = await fetch(session, { method: 'PATCH', headers, body: answer });
    guide.opened = { connection, session };
    return [response.status, patch.status];
  });
  expect(statuses).toEqual([406, 204]);
  // The browser itself reports every answer that is an error by its number.
  held.browser.expectProblem(/status of 406/);
  await seesAndHears(page, 1);
});
