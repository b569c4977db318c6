import { expect, test } from 'bun:test';
import {
  createHeadlessClient,
  createRtpTrack,
  RtpHeader,
  RtpPacket,
  receiveRtp,
} from '../../client/headless.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { other } from './support.ts';

test('two headless clients send each other packets and messages over real WebRTC', async () => {
  await using server = await startServer();
  const url = `http://127.0.0.1:${server.port}`;
  const clientOf = (peerId: string) =>
    createHeadlessClient({ url, roomId: 'bots', peerId, displayName: peerId });
  const [alice, bob] = [clientOf('alice'), clientOf('bob')];
  await Promise.all([alice.join(), bob.join()]);
  const voice = createRtpTrack('audio');
  const arriving = bob.once('trackAdded');
  await alice.publish(voice.track, 'microphone');
  const { track } = await arriving;
  const payloads: string[] = [];
  receiveRtp(track, ({ payload }) => payloads.push(payload.toString()));
  let sequenceNumber = 0;
  const speaking = setInterval(() => {
    sequenceNumber += 1;
    const header = new RtpHeader({
      sequenceNumber,
      timestamp: sequenceNumber * 960,
      payloadType: 111,
      ssrc: 1,
    });
    voice.write(new RtpPacket(header, Buffer.from(`packet ${sequenceNumber}`)));
  }, 20);
  await until(() => payloads.length > 10, 'packets');
  clearInterval(speaking);
  expect(payloads[0]).toMatch(/^packet \d+$/);
  const chat = bob.once('chat');
  await alice.sendChat('Good morning');
  expect(await chat).toMatchObject({ text: 'Good morning', peer: other(bob) });
  await Promise.all([alice.leave(), bob.leave()]);
}, 30_000);
