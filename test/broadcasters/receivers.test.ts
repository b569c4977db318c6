import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { type Json, opus, script } from '../support/broadcaster-script.ts';
import { startServer } from '../support/server.ts';

let server: Server;
let call: ReturnType<typeof script>;
beforeAll(async () => {
  server = await startServer();
  call = script(server);
});
afterAll(() => server.stop());

/** What the scripts say that ffmpeg can play. */
const rtpCapabilities: Json = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      preferredPayloadType: 100,
      clockRate: 48000,
      channels: 2,
      parameters: { useinbandfec: 1 },
    },
  ],
};

/** Somebody who sends sound, and a receiving script up to its connected transport. */
async function receiver(roomId: string) {
  const sender = `/rooms/${roomId}/broadcasters/sender`;
  await call('GET', `/rooms/${roomId}`);
  await call('POST', `/rooms/${roomId}/broadcasters`, { id: 'sender', displayName: 'Sender' });
  const { id } = (await call('POST', `${sender}/transports`, { type: 'plain' })).data;
  const { id: producerId } = (await call('POST', `${sender}/transports/${id}/producers`, opus())).data;
  const about = { peerId: 'ffmpeg', displayName: 'FFmpeg', device: { name: 'FFmpeg', flag: 'ffmpeg' } };
  await call('POST', `/rooms/${roomId}/broadcasters`, about);
  const base = `/rooms/${roomId}/broadcasters/ffmpeg`;
  const opened = { direction: 'consumer', comedia: false, rtcpMux: false };
  const { transportId } = (await call('POST', `${base}/transports`, opened)).data;
  const where = { ip: '127.0.0.1', port: 10_000, rtcpPort: 10_001 };
  expect((await call('POST', `${base}/transports/${transportId}/connect`, where)).status).toBe(200);
  return { base, transport: `${base}/transports/${transportId}`, producerId: String(producerId) };
}

const consumerOf = (roomId: string, id: string) =>
  server.sfu.read.consumers(roomId).find((consumer) => consumer.id === id);

for (const [generation, joins] of [
  ['that never join', false],
  ['that join before they consume', true],
] as const)
  test(`receiving scripts ${generation} consume by a body and resume below the transport`, async () => {
    const roomId = `receive-${joins}`;
    const { base, transport, producerId } = await receiver(roomId);
    if (joins) expect((await call('POST', `${base}/join`)).status).toBe(200);
    const consumed = await call('POST', `${transport}/consume`, {
      producerId,
      paused: true,
      rtpCapabilities,
    });
    expect(consumed.status).toBe(201);
    const { consumerId, id, rtpParameters } = consumed.data;
    expect([consumerId, rtpParameters.codecs[0].payloadType]).toEqual([id, 100]);
    expect(consumerOf(roomId, consumerId)?.paused).toBe(true);
    expect((await call('POST', `${transport}/resume`, { consumerId })).status).toBe(200);
    expect(consumerOf(roomId, consumerId)?.paused).toBe(false);
  });

test('the first rewrite resumes a consumer below its transport, by its id in the path', async () => {
  const { transport, producerId } = await receiver('path');
  const body = { producerId, paused: true, rtpCapabilities };
  const { consumerId } = (await call('POST', `${transport}/consume`, body)).data;
  expect((await call('POST', `${transport}/consumers/${consumerId}/resume`)).status).toBe(200);
  expect(consumerOf('path', consumerId)?.paused).toBe(false);
});

test('a consumer that is not paused plays at once, and one of another transport is not found', async () => {
  const { base, transport, producerId } = await receiver('other');
  const consumed = await call('POST', `${transport}/consume`, { producerId, paused: false, rtpCapabilities });
  const { consumerId } = consumed.data;
  expect(consumerOf('other', consumerId)?.paused).toBe(false);
  const { transportId } = (await call('POST', `${base}/transports`, { direction: 'consumer' })).data;
  for (const [path, body] of [
    [`${base}/transports/${transportId}/resume`, { consumerId }],
    [`${base}/transports/${transportId}/consumers/${consumerId}/resume`, undefined],
    [`${transport}/resume`, { consumerId: 'nothing' }],
  ] as const)
    expect([path, (await call('POST', path, body)).status]).toEqual([path, 404]);
  expect((await call('POST', `${transport}/resume`, {})).text).toContain('consumerId');
});

test('the newest application names the direction in appData and reads transportId, for RTP and for WebRTC', async () => {
  await call('GET', '/rooms/newest');
  await call('POST', '/rooms/newest/broadcasters', { peerId: 'app', displayName: 'App', device: {} });
  const base = '/rooms/newest/broadcasters/app';
  const open = async (body: Json) => await call('POST', `${base}/transports`, body);
  for (const direction of ['producer', 'consumer']) {
    const plain = await open({ comedia: true, rtcpMux: false, appData: { direction } });
    expect([plain.status, typeof plain.data.transportId]).toEqual([201, 'string']);
    const webrtc = await open({ type: 'webrtc', appData: { direction } });
    expect([webrtc.status, webrtc.data.transportId]).toEqual([201, webrtc.data.id]);
    expect(webrtc.data.iceParameters.usernameFragment).toBeString();
  }
  const { transports } = server.sfu.read.peer('newest', 'app');
  const plain = transports.filter(({ type }) => type === 'plain');
  expect(plain.map(({ producing, consuming }) => [producing, consuming])).toEqual([
    [true, false],
    [false, true],
  ]);
  const wrong = await open({ appData: { direction: 'sideways' } });
  expect([wrong.status, wrong.text]).toEqual([
    400,
    'invalid_params: a transport: appData.direction: expected "producer" or "consumer" or "send" or "recv", got "sideways"\n',
  ]);
});
