import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Server } from '../../src/app/server.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { mediaOperations } from '../../src/operations/table/endpoints/index.ts';
import { exampleRequest } from '../../src/rest/example.ts';
import { basePath } from '../../src/rest/headers.ts';
import { Caller } from '../rest/support.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { withIds } from '../support/world.ts';

setDefaultTimeout(60_000);

let server: Server;
let caller: Caller;
beforeAll(async () => {
  server = await startServer({ ...withKeys, TUREEN_CODECS: 'PCMU,telephone-event,VP8' });
  caller = new Caller(server, await apiKey());
});
afterAll(() => server.stop());

const pcmu = { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 };
const track = (ssrc: number) => ({ kind: 'audio', rtpParameters: { codecs: [pcmu], encodings: [{ ssrc }] } });

/** What the examples speak of: a session, and a room with an endpoint that has one of everything. */
async function things(room: string): Promise<Record<string, string>> {
  const make = async (path: string, body: object) => {
    const { json, text } = await caller.post(path, body);
    if (typeof json?.id !== 'string') throw new Error(text);
    return json.id;
  };
  const session = await make('/sessions', {});
  const endpoint = await make(`/rooms/${room}/endpoints`, { peerId: 'line' });
  const other = await make(`/rooms/${room}/endpoints`, { peerId: 'other' });
  const mine = `/rooms/${room}/endpoints/${endpoint}`;
  const theirs = `/rooms/${room}/endpoints/${other}`;
  const plain = { srtp: 'none', comedia: false };
  const transport = await make(`${mine}/plain-transports`, plain);
  const remote = await make(`${theirs}/plain-transports`, plain);
  const producer = await make(`${mine}/producers`, { transportId: transport, ...track(1) });
  const heard = await make(`${theirs}/producers`, { transportId: remote, ...track(2) });
  const remoteProducer = await make(`${theirs}/producers`, { transportId: remote, ...track(3) });
  const consumer = await make(`${mine}/consumers`, { transportId: transport, producerId: heard });
  return { room, session, endpoint, transport, producer, consumer, remoteProducer };
}

const own = Object.values(mediaOperations).flat() as unknown as readonly Operation[];

test.each(own.map((operation) => [operation.name, operation] as const))(
  '%s does over REST what its example shows, and answers in the shape of its schema',
  async (name, operation) => {
    const example = withIds(operation.example, await things(`room of ${name}`));
    const { method, path, body } = exampleRequest(operation, example);
    const { status, json, text, headers } = await caller.call(path.slice(basePath.length), { method, body });
    expect([status, text]).toEqual([operation.status ?? 200, text]);
    if (status === 204) return expect(text).toBe('');
    expect([...Value.Errors(operation.result, json)]).toEqual([]);
    // Nothing is told that is not documented.
    expect(Value.Clean(operation.result, structuredClone(json))).toEqual(json);
    if (status !== 201) return;
    const location = headers.get('location') ?? '';
    expect((await caller.get(location.slice(basePath.length))).status).toBe(200);
  },
);

test('what is made over REST belongs to its key, and stays without a connection', async () => {
  const { endpoint, room } = await things('kept');
  const { json } = await caller.get(`/rooms/${room}/endpoints/${endpoint}`);
  expect(json?.owner).toEqual({ key: 'backend', controllerId: null });
  const stranger = new Caller(server, await apiKey(undefined, 'stranger'));
  const refused = await stranger.call(`/rooms/${room}/endpoints/${endpoint}`, { method: 'DELETE' });
  expect(refused.json).toMatchObject({ code: 'forbidden' });
  expect((await caller.call(`/rooms/${room}/endpoints/${endpoint}`, { method: 'DELETE' })).status).toBe(204);
});

test('of two endpoints of one name that are made at once one is refused, and none replaces the other', async () => {
  const made = await Promise.all(
    [1, 2].map(() => caller.post('/rooms/at-once/endpoints', { peerId: 'line' })),
  );
  expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect((await caller.get('/rooms/at-once/endpoints/line')).status).toBe(200);
});
