import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { Commands } from '../../src/commands/commands.ts';
import { type Json, opus, script, vp8 } from '../support/broadcaster-script.ts';
import { TestClock } from '../support/clock.ts';
import { apiKey, logLines, startServer, withKeys } from '../support/server.ts';
import { audioTrack, enter } from '../support/world.ts';

let server: Server;
let call: ReturnType<typeof script>;
beforeAll(async () => {
  server = await startServer();
  call = script(server);
});
afterAll(() => server.stop());

/** As the older scripts begin: the room, the broadcaster, a transport for each track. */
async function olderBroadcaster(roomId: string, id: string, calls = call) {
  const base = `/rooms/${roomId}/broadcasters/${id}`;
  await calls('GET', `/rooms/${roomId}`);
  const about = { id, displayName: 'Broadcaster', device: { name: 'FFmpeg' } };
  const created = await calls('POST', `/rooms/${roomId}/broadcasters`, about);
  const open = async () =>
    (await calls('POST', `${base}/transports`, { type: 'plain', comedia: true, rtcpMux: false })).data;
  return { base, created, audio: await open(), video: await open() };
}

describe('the older shape', () => {
  test('the scripts of ffmpeg and GStreamer get a room, a place for each track, and producers', async () => {
    const { client: alice } = await enter({ server, peerId: 'alice', roomId: 'older' });
    const { base, created, audio, video } = await olderBroadcaster('older', 'x4f2q');
    expect([created.status, created.data]).toEqual([200, { peers: [] }]);
    const told = await alice.waitFor('newPeer');
    expect([told.id, told.displayName, told.device]).toEqual(['x4f2q', 'Broadcaster', { name: 'FFmpeg' }]);
    for (const place of [audio, video]) {
      expect(Object.keys(place).sort()).toEqual(['id', 'ip', 'port', 'rtcpPort']);
      expect(place.ip).toBe('127.0.0.1');
      expect(place.rtcpPort).not.toBe(place.port);
    }
    const produced = await call('POST', `${base}/transports/${audio.id}/producers`, opus());
    expect([produced.status, Object.keys(produced.data)]).toEqual([200, ['id']]);
    expect((await call('POST', `${base}/transports/${video.id}/producers`, vp8())).status).toBe(200);
    const offered = await alice.waitFor('newConsumer', ({ kind }) => kind === 'audio');
    expect([offered.peerId, offered.producerId]).toEqual(['x4f2q', produced.data.id]);
    expect((await call('DELETE', base)).status).toBe(204);
    expect((await alice.waitFor('peerClosed')).peerId).toBe('x4f2q');
    expect((await call('DELETE', base)).status).toBe(404);
  });

  test('the room answers with its capabilities, and is opened for it', async () => {
    const { status, data } = await call('GET', '/rooms/fresh');
    expect(status).toBe(200);
    expect(data.codecs.length).toBeGreaterThan(4);
    expect(data.routerRtpCapabilities.codecs).toEqual(data.codecs);
    expect(server.sfu.rooms.has('fresh')).toBe(true);
  });

  test('a broadcaster that says what it can receive is told of it, and receives it', async () => {
    const { base, audio } = await olderBroadcaster('receive', 'sender');
    const { id: producerId } = (await call('POST', `${base}/transports/${audio.id}/producers`, opus())).data;
    const codec = { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48000 };
    const recorder = await call('POST', '/rooms/receive/broadcasters', {
      id: 'recorder',
      displayName: 'Recorder',
      device: { name: 'GStreamer' },
      rtpCapabilities: { codecs: [{ ...codec, channels: 2 }] },
    });
    const sender = { id: 'sender', displayName: 'Broadcaster', device: { name: 'FFmpeg' } };
    expect(recorder.data.peers).toEqual([{ ...sender, producers: [{ id: producerId, kind: 'audio' }] }]);
    const its = '/rooms/receive/broadcasters/recorder';
    const { id } = (await call('POST', `${its}/transports`, { type: 'plain', comedia: true })).data;
    const { data } = await call('POST', `${its}/transports/${id}/consume?producerId=${producerId}`);
    expect([data.producerId, data.kind, data.type]).toEqual([producerId, 'audio', 'simple']);
    expect(data.rtpParameters.codecs[0].payloadType).toBe(100);
  });

  test('a broadcaster that speaks WebRTC gets ICE and DTLS, and data channels', async () => {
    const { base } = await olderBroadcaster('webrtc', 'device');
    const { data } = await call('POST', `${base}/transports`, { type: 'webrtc' });
    const parts = ['dtlsParameters', 'iceCandidates', 'iceParameters', 'id', 'sctpParameters'];
    expect(Object.keys(data).sort()).toEqual(parts);
    const fingerprints = [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }];
    const connected = await call('POST', `${base}/transports/${data.id}/connect`, {
      dtlsParameters: { role: 'client', fingerprints },
    });
    expect(connected.status).toBe(200);
    const channel = { label: 'chat', protocol: '', sctpStreamParameters: { streamId: 1, ordered: true } };
    const made = await call('POST', `${base}/transports/${data.id}/produce/data`, channel);
    expect(made.status).toBe(200);
    await call('POST', '/rooms/webrtc/broadcasters', { id: 'other' });
    const other = '/rooms/webrtc/broadcasters/other';
    const { id } = (await call('POST', `${other}/transports`, { type: 'webrtc' })).data;
    const body = { dataProducerId: made.data.id };
    const consumed = await call('POST', `${other}/transports/${id}/consume/data`, body);
    expect(Object.keys(consumed.data).sort()).toEqual(['id', 'streamId']);
  });
});

test('a broadcaster is offered nothing, neither media nor data, and nothing is logged as wrong', async () => {
  const { client, sendTransport } = await enter({ server, peerId: 'alice', roomId: 'offers' });
  const { base } = await olderBroadcaster('offers', 'cam');
  await call('POST', `${base}/transports`, { type: 'webrtc' });
  const before = logLines.length;
  const sctpStreamParameters = { streamId: 1, ordered: true };
  const channel = { transportId: sendTransport, sctpStreamParameters, label: 'chat', protocol: '' };
  await client.request('produceData', { ...channel, appData: {} });
  await client.request('produce', audioTrack(sendTransport, 7));
  // Whatever was on its way to the media worker for the broadcaster has been answered when this is.
  await call('POST', `${base}/transports`, { type: 'plain' });
  const { subscriptions, dataSubscriptions } = server.sfu.peer('offers', 'cam');
  expect([subscriptions.size, dataSubscriptions.size]).toEqual([0, 0]);
  expect(logLines.slice(before).filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
});

describe('the newer shape', () => {
  test('a broadcaster is created, joins, sends and receives by ids in the body', async () => {
    const { data: room } = await call('GET', '/rooms/newer');
    const about = { peerId: 'cam', displayName: 'Camera', device: { name: 'GStreamer' } };
    const created = await call('POST', '/rooms/newer/broadcasters', about);
    const base = created.headers.get('location') ?? '';
    expect([created.status, base]).toEqual([201, '/rooms/newer/broadcasters/cam']);
    const transport = await call('POST', `${base}/transports`, { direction: 'producer', comedia: true });
    expect(transport.status).toBe(201);
    const { transportId } = transport.data;
    // Whoever has not joined cannot produce.
    expect((await call('POST', `${base}/producers`, { transportId, ...opus() })).status).toBe(409);
    expect((await call('POST', `${base}/join`)).status).toBe(200);
    const track = { transportId, ...opus(), appData: { source: 'audio' } };
    const produced = await call('POST', `${base}/producers`, track);
    expect([produced.status, Object.keys(produced.data)]).toEqual([201, ['producerId']]);
    const { producerId } = produced.data;

    await call('POST', '/rooms/newer/broadcasters', { peerId: 'rec', displayName: 'R', device: {} });
    const rec = '/rooms/newer/broadcasters/rec';
    await call('POST', `${rec}/join`);
    const [info] = (await call('GET', `${rec}/peerProducersInfos`)).data.peerProducersInfos;
    const [own] = info.producers;
    expect([info.peerId, own.producerId, own.kind, own.source]).toEqual([
      'cam',
      producerId,
      'audio',
      'audio',
    ]);
    expect(own.consumableCodecs[0].mimeType).toBe('audio/opus');
    const sink = (await call('POST', `${rec}/transports`, { direction: 'consumer', comedia: false })).data;
    const where = { ip: '127.0.0.1', port: 5004, rtcpPort: 5005 };
    expect((await call('POST', `${rec}/transports/${sink.transportId}/connect`, where)).status).toBe(200);
    const consumed = await call('POST', `${rec}/consumers`, {
      transportId: sink.transportId,
      producerId,
      paused: true,
      rtpCapabilities: room.routerRtpCapabilities,
    });
    expect(consumed.status).toBe(201);
    const { consumerId } = consumed.data;
    const { consumer } = server.sfu.peer('newer', 'rec').subscription(consumerId);
    expect(consumer.paused).toBe(true);
    expect((await call('POST', `${rec}/consumers/${consumerId}/resume`)).status).toBe(200);
    expect(consumer.paused).toBe(false);
    expect((await call('DELETE', rec)).status).toBe(204);
  });
});

test('what is wrong is said in a line of text, and nothing is left behind', async () => {
  const { base, audio } = await olderBroadcaster('wrong', 'b');
  const wrong: [method: string, path: string, body: Json | undefined, status: number, words: string][] = [
    ['POST', '/rooms/wrong/broadcasters', {}, 400, 'invalid_params: a broadcaster: id'],
    [
      'POST',
      '/rooms/wrong/broadcasters',
      { id: 'a\u0000b' },
      400,
      'invalid_params: id: must have 1 to 128 characters',
    ],
    ['POST', '/rooms/wrong/broadcasters', { id: 'x', displayName: 7 }, 400, 'displayName'],
    ['POST', `${base}/transports`, { type: 'quic' }, 400, 'invalid_params: a transport: type'],
    ['POST', `${base}/transports/${audio.id}/connect`, {}, 400, 'invalid_params'],
    ['POST', `${base}/transports/nowhere/producers`, opus(), 404, 'not_found: you have no transport'],
    ['POST', `${base}/transports/${audio.id}/consume`, undefined, 400, 'producerId'],
    ['POST', `${base}/transports/${audio.id}/consume?producerId=x`, undefined, 404, 'not_found'],
    ['POST', '/rooms/wrong/broadcasters/nobody/transports', {}, 404, 'there is no broadcaster "nobody"'],
    ['POST', `${base}/join`, undefined, 409, 'you have joined this room already'],
    ['POST', `${base}/transports`, { junk: 'x'.repeat(70_000) }, 413, 'too_large: the body may have'],
  ];
  for (const [method, path, body, status, words] of wrong) {
    const answer = await call(method, path, body);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.text).toContain(words);
  }
  const codecs = [{ mimeType: 'audio/none', payloadType: 1, clockRate: 8000 }];
  const unknown = { kind: 'audio', rtpParameters: { codecs, encodings: [{ ssrc: 1 }] } };
  expect((await call('POST', `${base}/transports/${audio.id}/producers`, unknown)).status).toBe(415);
  expect(server.sfu.peer('wrong', 'b').publications.size).toBe(0);
});

test('a script that begins anew takes its own place, and nobody takes the place of a person', async () => {
  await enter({ server, peerId: 'alice', roomId: 'places' });
  const taken = await call('POST', '/rooms/places/broadcasters', { id: 'alice' });
  expect(taken.status).toBe(409);
  expect(taken.text).toContain('not a broadcaster');
  await olderBroadcaster('places', 'cam');
  const first = server.sfu.peer('places', 'cam');
  await olderBroadcaster('places', 'cam');
  expect(first.closed).toBe(true);
  expect(server.sfu.room('places').peers.size).toBe(2);
});

test('a broadcaster that is refused leaves the running one of its id alone', async () => {
  await olderBroadcaster('again', 'camera');
  const { sessionId } = server.sfu.peer('again', 'camera');
  const refused = [
    { id: 'camera', rtpCapabilities: { codecs: 'all' } },
    { id: 'camera', device: 'FFmpeg' },
    { peerId: 'camera', rtpCapabilities: [] },
    { peerId: 'camera', displayName: 7 },
  ];
  for (const body of refused) {
    const { status } = await call('POST', '/rooms/again/broadcasters', body);
    expect([body, status]).toEqual([body, 400]);
    expect(server.sfu.peer('again', 'camera').sessionId).toBe(sessionId);
  }
  await olderBroadcaster('again', 'camera');
  expect(server.sfu.peer('again', 'camera').sessionId).not.toBe(sessionId);
});

test('a moderator removes a broadcaster like anybody else, completely', async () => {
  const { base } = await olderBroadcaster('moderated', 'cam');
  const commands = new Commands(server.sfu, server.store);
  const by = { kind: 'admin', id: 'root' } as const;
  await commands.removePeer({ roomId: 'moderated', peerId: 'cam', by });
  expect(server.store.audit.search({ limit: 1 })[0]?.result).toBe('done');
  expect((await call('POST', `${base}/transports`, {})).status).toBe(404);
});

test('a broadcaster of which nothing is heard any more is removed', async () => {
  const clock = new TestClock();
  await using quiet = await startServer({ TUREEN_BROADCASTER_SILENCE_SECONDS: '40' }, { clock });
  await olderBroadcaster('quiet', 'cam', script(quiet));
  const peer = quiet.sfu.peer('quiet', 'cam');
  const left = new Promise<string>((resolve) =>
    quiet.sfu.events.on('peerLeft', ({ reason, detail }) => resolve(`${reason}: ${detail}`)),
  );
  // Each look asks the media worker, so time goes on step by step until it was seen.
  while (!peer.closed) {
    clock.advance(10_000);
    await Promise.all([...peer.transports.values()].map(({ transport }) => transport.getStats()));
  }
  expect(await left).toBe('disconnected: nothing was received from it for 40 seconds');
});

test('a broadcaster stays for as long as it likes where its silence does not count', async () => {
  const clock = new TestClock();
  await using patient = await startServer({ TUREEN_BROADCASTER_SILENCE_SECONDS: '0' }, { clock });
  await olderBroadcaster('patient', 'cam', script(patient));
  const peer = patient.sfu.peer('patient', 'cam');
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance(60_000);
    await Promise.all([...peer.transports.values()].map(({ transport }) => transport.getStats()));
  }
  expect(peer.closed).toBe(false);
});

test('outside development mode a key with the scope media is needed', async () => {
  await using guarded = await startServer(withKeys);
  const calls = script(guarded);
  const get = async (token: string) => {
    const { status } = await calls('GET', '/rooms/x', undefined, { authorization: `Bearer ${token}` });
    return status;
  };
  expect((await calls('GET', '/rooms/x')).status).toBe(401);
  expect(await get(await apiKey(['read']))).toBe(403);
  const media = await apiKey(['media']);
  expect(await get(media)).toBe(200);
  // For scripts that cannot set a header.
  expect((await calls('POST', `/rooms/x/broadcasters?token=${media}`, { id: 'cam' })).status).toBe(200);
  expect(await get(guarded.store.apiKeys.create('studio', 'admin'))).toBe(200);
  expect(await get(guarded.store.apiKeys.create('wall', 'viewer'))).toBe(403);
});
