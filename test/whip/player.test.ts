import { describe, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { enter } from '../support/world.ts';
import { call, offerOf, open, sessionPath, useServers } from './whip-client.ts';

const start = useServers();

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const json = { 'content-type': 'application/json' };

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { code: string }).code];
}

/** A room with a publisher and a player of what it sends. */
async function watching(server: Server, offer = 'chromium-simulcast') {
  const publisher = await open(server, '/whip/room?peerId=camera', { offer });
  const player = await open(server, '/whep/room', { offer: 'chromium-player' });
  expect(player.status).toBe(201);
  return {
    publisher: sessionPath(publisher),
    player: sessionPath(player),
    links: player.headers.get('link') ?? '',
  };
}

describe('opening a session for a player', () => {
  test('409 with Retry-After while nobody sends, and no room is opened for it', async () => {
    const server = await start();
    const response = await open(server, '/whep/room', { offer: 'chromium-player' });
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await codeOf(response)).toEqual([409, 'not_live']);
    expect(server.sfu.rooms.size).toBe(0);
    await open(server, '/whip/room?peerId=camera');
    for (const query of ['?peerId=other', '?source=screen']) {
      expect(await codeOf(await open(server, `/whep/room${query}`, { offer: 'chromium-player' }))).toEqual([
        409,
        'not_live',
      ]);
    }
  });

  test('400, 415 and 422 as for a publisher, 422 for a codec that the player lacks', async () => {
    const server = await start();
    await open(server, '/whip/room?peerId=camera', { offer: 'obs-av1' });
    const good = await offerOf('chromium-player');
    expect(await codeOf(await open(server, '/whep/room', { body: 'hello' }))).toEqual([400, 'invalid_sdp']);
    const headers = { 'content-type': 'text/plain' };
    expect(await codeOf(await open(server, '/whep/room', { body: good, headers }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
    for (const body of [good.replaceAll('a=recvonly', 'a=sendonly'), await offerOf('gstreamer-player')]) {
      expect(await codeOf(await open(server, '/whep/room', { body }))).toEqual([422, 'unacceptable_offer']);
    }
    expect(server.sfu.rooms.get('room')?.peers.size).toBe(1);
  });

  test('401 without a token, 403 without the grant; one token plays many times, beside its own peer in the call', async () => {
    const server = await start(withKeys);
    const alice = await tokenFor('room', 'alice');
    await open(server, '/whip/room', { headers: bearer(await tokenFor('room', 'camera')) });
    await enter({ server, roomId: 'room', peerId: 'alice', token: alice });
    const play = async (token?: string) =>
      await open(server, '/whep/room', {
        offer: 'chromium-player',
        ...(token && { headers: bearer(token) }),
      });
    expect((await play()).status).toBe(401);
    const mute = await tokenFor('room', 'alice', { grants: { subscribe: false } });
    expect(await codeOf(await play(mute))).toEqual([403, 'forbidden']);
    expect((await play(await tokenFor('other', 'alice'))).status).toBe(403);
    expect((await play(alice)).status).toBe(201);
    expect((await play(alice)).status).toBe(201);
    expect(server.sfu.peer('room', 'alice').joined).toBe(true);
    server.store.bans.add({
      kind: 'identity',
      value: 'alice',
      roomId: 'room',
      reason: '',
      by: { kind: 'admin', id: 'root' },
      expiresAt: null,
    });
    expect(await codeOf(await play(alice))).toEqual([403, 'banned']);
  });

  test('a viewer is told to nobody, but moderators and metrics see it and may remove it', async () => {
    const server = await start();
    const { client } = await enter({ server, roomId: 'room', peerId: 'alice' });
    const { player } = await watching(server);
    const viewer = server.sfu.snapshot().rooms[0]?.peers.find(({ id }) => id.startsWith('whep-'));
    expect(viewer).toMatchObject({ state: 'joined', grants: { hidden: true, publish: false } });
    expect(viewer?.consumers.map(({ kind, producerPeerId }) => [kind, producerPeerId])).toEqual([
      ['audio', 'camera'],
      ['video', 'camera'],
    ]);
    const told = client.events.filter(({ method }) => method === 'newPeer');
    expect(told.map(({ data }) => (data as { id: string }).id)).toEqual(['camera']);
    const by = { kind: 'server', id: '' } as const;
    void server.sfu.removePeer({ roomId: 'room', peerId: viewer?.id ?? '', reason: '', by });
    expect((await call(server, player, { method: 'GET' })).status).toBe(404);
  });

  test('the session ends with what it watches, and the other way round only itself', async () => {
    const server = await start();
    const { publisher, player } = await watching(server);
    const second = sessionPath(await open(server, '/whep/room', { offer: 'firefox-player' }));
    expect((await call(server, second, { method: 'DELETE' })).status).toBe(200);
    expect((await call(server, player)).status).toBe(204);
    expect((await call(server, publisher, { method: 'DELETE' })).status).toBe(200);
    expect((await call(server, player)).status).toBe(404);
    expect(server.sfu.rooms.get('room')?.peers.size).toBe(0);
  });

  test('routers that were opened for the numbers of players close with the last of them', async () => {
    const server = await start();
    const { player } = await watching(server);
    const others = ['chromium-player', 'firefox-player', 'gstreamer-player'];
    const paths = [player];
    for (const offer of others) paths.push(sessionPath(await open(server, '/whep/room', { offer })));
    const routers = async () => {
      const dump = await server.sfu.pool.slots[0]?.live?.worker.dump();
      return dump?.routerIds.length;
    };
    expect(await routers()).toBe(4);
    for (const path of paths) await call(server, path, { method: 'DELETE' });
    expect(await routers()).toBe(1);
  });
});

describe('an offer of the server', () => {
  test('is answered by PATCH with 204, once', async () => {
    const server = await start();
    await open(server, '/whip/room?peerId=camera');
    const response = await open(server, '/whep/room?offer=server', { offer: 'chromium-player' });
    expect(response.status).toBe(406);
    expect(response.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag, application/sdp');
    const path = sessionPath(response);
    const sdp = { 'content-type': 'application/sdp' };
    const patch = async (body: string) => await call(server, path, { method: 'PATCH', body, headers: sdp });
    const answer = (await offerOf('chromium-player')).replaceAll('actpass', 'active');
    expect(await codeOf(await patch('nonsense'))).toEqual([400, 'invalid_sdp']);
    expect(await codeOf(await patch(answer.replaceAll('active', 'actpass')))).toEqual([400, 'invalid_sdp']);
    expect(await codeOf(await patch(answer.replaceAll('a=recvonly', 'a=inactive')))).toEqual([
      422,
      'unacceptable_offer',
    ]);
    expect((await patch(answer)).status).toBe(204);
    expect(await codeOf(await patch(answer))).toEqual([409, 'wrong_state']);
  });
});

describe('layers', () => {
  test('are announced, chosen by name and left to the server again', async () => {
    const server = await start();
    const { player, links } = await watching(server);
    expect(links).toContain(`<${player}/layer>; rel="urn:ietf:params:whep:ext:core:layer"`);
    expect(links).toContain(
      `<${player}/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive,layers"`,
    );
    const viewer = server.sfu.room('room').joinedPeers.find(({ hidden }) => hidden);
    const video = [...(viewer?.subscriptions.values() ?? [])].find(
      ({ consumer }) => consumer.kind === 'video',
    );
    const choose = async (wish: unknown) =>
      await call(server, `${player}/layer`, { method: 'POST', body: JSON.stringify(wish), headers: json });
    const preferred = () => {
      const { spatialLayer, temporalLayer } = video?.consumer.preferredLayers ?? {};
      return [spatialLayer, temporalLayer];
    };
    for (const [wish, layers] of [
      [{ mediaId: '1', rid: 'l' }, [0, 2]],
      [{ encodingId: 'm', temporalLayerId: 0 }, [1, 0]],
      [{ maxSpatialLayerId: 1, maxTemporalLayerId: 1 }, [1, 1]],
      [{ mediaId: '1' }, [2, 2]],
    ] as const) {
      expect((await choose(wish)).status).toBe(200);
      expect(preferred()).toEqual([...layers]);
    }
    expect(await codeOf(await choose({ rid: 'huge' }))).toEqual([404, 'not_found']);
    expect(await codeOf(await choose({ mediaId: '7' }))).toEqual([404, 'not_found']);
    expect(await codeOf(await choose({ mediaId: '0', rid: 'l' }))).toEqual([409, 'wrong_state']);
    for (const wish of ['no object', { rid: 7 }, { spatialLayerId: -1 }]) {
      expect(await codeOf(await choose(wish))).toEqual([400, 'invalid_params']);
    }
    const wrong = await call(server, `${player}/layer`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(wrong.headers.get('accept-post')).toBe('application/json');
    expect(wrong.status).toBe(415);
    expect((await call(server, `${player}/layer`)).status).toBe(405);
  });

  test('are told by events, with pauses, until the session ends', async () => {
    const server = await start();
    const { player } = await watching(server);
    const announced = await call(server, `${player}/events`, {
      method: 'POST',
      body: '["layers","inactive"]',
      headers: json,
    });
    expect(announced.status).toBe(201);
    const stream = await call(server, sessionPath(announced));
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const events = readEvents(stream);
    const first = await events.next();
    expect(first.value?.name).toBe('layers');
    expect(first.value?.data).toEqual({
      '1': ['h', 'm', 'l'].map((rid, index) => ({
        rid,
        encodingId: rid,
        spatialLayerId: 2 - index,
        bitrate: 0,
      })),
    });
    const camera = server.sfu.peer('room', 'camera');
    const by = { kind: 'server', id: '' } as const;
    for (const { producer } of camera.publications.values()) {
      await server.sfu.muteProducer({ roomId: 'room', peerId: 'camera', producerId: producer.id, by });
    }
    let paused = await events.next();
    while (paused.value?.name === 'layers') paused = await events.next();
    expect(paused.value).toEqual({ name: 'inactive', data: {} });
    await call(server, player, { method: 'DELETE' });
    for (;;) if ((await events.next()).done) break;
    expect((await call(server, sessionPath(announced))).status).toBe(404);
  });

  test('a stream that was deleted is gone, wrong names are refused, and streams are few', async () => {
    const server = await start();
    const { player } = await watching(server);
    const announce = async (body: string) =>
      await call(server, `${player}/events`, { method: 'POST', body, headers: json });
    expect(await codeOf(await announce('["weather"]'))).toEqual([400, 'invalid_params']);
    expect(await codeOf(await announce('{'))).toEqual([400, 'invalid_params']);
    const path = sessionPath(await announce('["active"]'));
    expect((await call(server, path, { method: 'DELETE' })).status).toBe(200);
    expect((await call(server, path)).status).toBe(404);
    const streams = [];
    for (let count = 0; count < 4; count += 1) streams.push(await call(server, `${player}/events`));
    expect(await codeOf(await call(server, `${player}/events`))).toEqual([429, 'limit_reached']);
    for (const stream of streams) await stream.body?.cancel();
  });
});

/** The events of a stream, as EventSource reads them. */
async function* readEvents(response: Response): AsyncGenerator<{ name: string; data: unknown }, undefined> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      yield { name, data: JSON.parse(data) };
    }
  }
  return undefined;
}
