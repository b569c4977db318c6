import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createHeadlessClient, createRtpTrack, RtpHeader, RtpPacket } from '../../client/headless.ts';
import { hashPassword } from '../../src/store/users.ts';
import { Visitor } from '../admin/support.ts';
import { Caller } from '../rest/support.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { eventually, until } from '../support/until.ts';

setDefaultTimeout(60_000);

let mesh: BusMesh;
let api: Caller;
const ends = new AsyncDisposableStack();

/** Of more than one part, when the bus carries it. */
const payload = Buffer.alloc(1100, 'what somebody said in confidence');

beforeAll(async () => {
  mesh = ends.use(await BusMesh.of(['a', 'b', 'c'], withKeys));
  api = new Caller(mesh.server('c'), await apiKey(['media'], 'support'));
  const token = await tokenFor('room', 'alice');
  const url = `http://127.0.0.1:${mesh.server('a').port}`;
  const alice = createHeadlessClient({ url, roomId: 'room', peerId: 'alice', token });
  ends.defer(() => alice.leave());
  await alice.join();
  const { track, write } = createRtpTrack('audio');
  await alice.publish(track, 'microphone');
  let sequenceNumber = 0;
  const send = () => {
    sequenceNumber += 1;
    const header = new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 960, payloadType: 96 });
    write(new RtpPacket(header, payload));
  };
  const timer = setInterval(() => {
    for (let packets = 0; packets < 40; packets += 1) send();
  }, 20);
  ends.defer(() => clearInterval(timer));
});
afterAll(() => ends.disposeAsync());

const file = async (path: string) =>
  await fetch(`http://127.0.0.1:${mesh.server('c').port}/api/v1${path}/file`, {
    headers: { authorization: `Bearer ${await apiKey(['media'], 'support')}` },
  });

test('a peer is captured from any node, and its file is read from there in parts, audited where the peer is', async () => {
  const begun = await api.post('/rooms/room/capture', {
    ...{ peerId: 'alice', content: 'packets', seconds: 60, reason: 'no sound' },
  });
  expect([begun.status, begun.json?.end]).toEqual([202, null]);
  const path = `/captures/${begun.json?.id}`;
  await eventually(
    'more than two parts',
    async () => (await api.get(path)).json,
    (state) => Number(state?.bytes) > 600 * 1024,
  );
  const answer = await file(path);
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.bytes());
  expect(bytes.length).toBeGreaterThan(600 * 1024);
  // What it has is the beginning of what its node has, which goes on.
  const id = String(begun.json?.id);
  const whole = Buffer.from(mesh.server('a').sfu.captures.file(id));
  expect(bytes.equals(whole.subarray(0, bytes.length))).toBe(true);

  const second = await api.post('/rooms/room/capture', { peerId: 'alice', content: 'headers', seconds: 1 });
  expect(second.json?.code).toBe('limit_reached');
  expect((await api.call(path, { method: 'DELETE' })).status).toBe(204);
  expect([(await api.get(path)).json?.code, (await file(path)).status]).toEqual(['not_found', 404]);
  const actions = (node: string) =>
    mesh.server(node).store.audit.search({ text: 'apture', limit: 9 }).toReversed();
  expect(actions('a').map(({ action, by, details }) => [action, by.id, details.askedOn])).toEqual(
    ['peer.capture', 'capture.fetch', 'peer.capture', 'capture.discard'].map((action) => [
      action,
      'support',
      'c',
    ]),
  );
  expect([actions('b'), actions('c')]).toEqual([[], []]);
});

test('the page of a peer on another node captures it and has its file', async () => {
  const server = mesh.server('b');
  const passwordHash = await hashPassword('a password of tests');
  for (const role of ['admin', 'viewer'] as const)
    server.store.users.put({ name: role, passwordHash, role, origin: 'page' });
  const admin = Visitor.as(server, 'admin');
  const page = '/peer?room=room&peer=alice';
  expect(await admin.text(page)).toContain('/do/room/capture?');
  const fields = { room: 'room', peer: 'alice', content: 'headers', seconds: '30', reason: '' };
  const begun = await admin.post('/do/room/capture', fields, { 'hx-request': 'true' });
  expect(await begun.text()).toContain('The capture runs for 30 seconds');
  const { id } = mesh.server('a').sfu.captures.last ?? {};
  const link = `/export/capture.pcap?id=${id}`;
  expect(await admin.text(page)).toContain(`href="/admin${link}"`);
  expect(await Visitor.as(server, 'viewer').text(page)).not.toContain('capture.pcap');
  const answer = await admin.get(link);
  expect([answer.status, Buffer.from(await answer.bytes()).readUInt32LE(0)]).toEqual([200, 0xa1b2c3d4]);
});

test('what a node that does not answer may have is not said to be nowhere', async () => {
  const { id } = mesh.server('a').sfu.captures.last ?? {};
  mesh.hub.isolate('a');
  for (const path of [`/captures/${id}`, '/captures/00000000-0000-4000-8000-000000000000'])
    expect((await api.get(path)).json?.code).toBe('unconfirmed');
  expect((await file(`/captures/${id}`)).status).toBe(504);
  mesh.hub.isolate();
  await until(() => mesh.knows('c').length === 2, 'the mesh');
});
