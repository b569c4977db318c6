import { expect, test } from 'bun:test';
import {
  createHeadlessClient,
  createRtpTrack,
  RtpHeader,
  RtpPacket,
  type RtpTrack,
} from '../../client/headless.ts';
import { meanOpinionScore } from '../../metrics/voice-quality.ts';
import { Relays } from '../../src/host/relays.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { eventually, until } from '../support/until.ts';
import { scrape, scrapeUntil, sumOf } from './support.ts';

test('a call is counted by who sends, how large its room is, which way it takes, and when its media comes', async () => {
  // Every client of this machine looks as if it came over that relay.
  await using server = await startServer({
    TUREEN_TURN_URLS: 'turn:127.0.0.1:3478?transport=tcp',
    TUREEN_TURN_SECRET: 'a secret that TURN servers share',
    TUREEN_STATS_INTERVAL_SECONDS: '300',
  });
  const url = `http://127.0.0.1:${server.port}`;
  const enter = (peerId: string) => createHeadlessClient({ url, roomId: 'room', peerId });
  const [alice, bob, eve] = [enter('alice'), enter('bob'), enter('eve')];
  await Promise.all([alice.join(), bob.join(), eve.join()]);
  const { track, write } = createRtpTrack('audio');
  const picture = createRtpTrack('video');
  await alice.publish(track, 'microphone');
  await alice.publish(picture.track, 'camera');
  const look = async () => {
    await server.measurements.sampler.pass({ hurry: true });
    return await scrape(server);
  };
  // Nothing is sent yet, so the pictures of both who receive stand still.
  const before = await eventually(
    'two frozen pictures',
    look,
    (page) => sumOf(page, 'tureen_consumers', { kind: 'video', state: 'frozen' }) === 2,
  );
  const audio = { kind: 'audio', codec: 'opus' };
  expect(sumOf(before, 'tureen_producers', { ...audio, state: 'silent' })).toBe(1);
  expect(sumOf(before, 'tureen_first_media_seconds_count')).toBe(0);
  const stop = send([write, picture.write]);
  const text = await scrapeUntil(server, (page) => sumOf(page, 'tureen_first_media_seconds_count') === 1);
  expect(sumOf(text, 'tureen_rooms_by_size', { size: '3-4' })).toBe(1);
  expect(sumOf(text, 'tureen_peers_by_role', { role: 'publisher' })).toBe(1);
  expect(sumOf(text, 'tureen_peers_by_role', { role: 'subscriber' })).toBe(2);
  // Those who receive connect when there is something to be received.
  const after = await eventually(
    'three connected transports',
    look,
    (page) =>
      sumOf(page, 'tureen_transports_by_path', { path: 'relayed' }) === 3 &&
      sumOf(page, 'tureen_transport_loss_ratio_count', { direction: 'in' }) > 0,
  );
  stop();
  // Of two ids of one extension, one each for sound and picture, half the packets would look lost.
  const loss = (where: object) =>
    sumOf(after, 'tureen_transport_loss_ratio_bucket', { direction: 'in', ...where });
  expect(loss({ le: '+Inf' })).toBeGreaterThan(0);
  expect(loss({ le: '0' })).toBe(loss({ le: '+Inf' }));
  expect(sumOf(after, 'tureen_producers', { ...audio, state: 'flowing' })).toBe(1);
  expect(sumOf(after, 'tureen_producers', { state: 'silent' })).toBe(0);
  expect(sumOf(after, 'tureen_transports_by_path', { path: 'udp' })).toBe(0);
  expect(sumOf(after, 'tureen_voice_quality_mos_count', { side: 'producer' })).toBeGreaterThan(0);
  await Promise.all([alice.leave(), bob.leave(), eve.leave()]);
});

test('relays are known by all addresses of their names, and by the last ones while the names are not', async () => {
  const clock = new TestClock();
  let answers: () => Promise<readonly string[]> = async () => ['192.0.2.1', '2001:db8::1'];
  const config = {
    turnUrls: ['turn:relay.example.com:3478?transport=udp', 'turns:[2001:db8::2]:5349'],
    iceServers: [{ urls: ['stun:stun.example.com', 'turn:198.51.100.7'] }],
  };
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return answers();
  };
  const relays = new Relays({ config, clock, resolve });
  await until(() => relays.has('192.0.2.1'), 'the addresses');
  expect(['2001:db8::1', '2001:db8::2', '198.51.100.7'].map((address) => relays.has(address))).toEqual([
    true,
    true,
    true,
  ]);
  expect(relays.has('203.0.113.5')).toBe(false);
  answers = () => Promise.reject(new Error('no name server'));
  clock.advance(10 * 60_000);
  await until(() => asked.length === 2, 'a second look');
  expect(asked).toEqual(['relay.example.com', 'relay.example.com']);
  expect(relays.has('192.0.2.1')).toBe(true);
  relays.close();
});

test('the score of a voice is that of the E-model', () => {
  const perfect = { loss: 0, jitter: 0, roundTrip: 0 };
  // R = 93.2 - 0.72 by the 30 ms of coding alone.
  expect(meanOpinionScore(perfect)).toBeCloseTo(4.39, 2);
  // ITU-T G.107, table B.1: R 80 is 4.03, R 50 is 2.58.
  const lossOf = (rating: number) => {
    const impairment = 93.2 - 0.72 - rating;
    return (25.1 * impairment) / (95 - impairment) / 100;
  };
  expect(meanOpinionScore({ ...perfect, loss: lossOf(80) })).toBeCloseTo(4.02, 1);
  expect(meanOpinionScore({ ...perfect, loss: lossOf(50) })).toBeCloseTo(2.58, 1);
  expect(meanOpinionScore({ ...perfect, loss: 1 })).toBeLessThan(1.5);
  // People notice a round trip of 600 ms, and not one of 60.
  expect(meanOpinionScore({ ...perfect, roundTrip: 0.06 })).toBeGreaterThan(4.3);
  expect(meanOpinionScore({ ...perfect, roundTrip: 0.6 })).toBeLessThan(4);
});

/** Sends fifty packets a second on each. @returns how to stop it */
function send(tracks: readonly RtpTrack['write'][]): () => void {
  let sequenceNumber = 0;
  const timer = setInterval(() => {
    sequenceNumber += 1;
    const header = new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 960 });
    for (const write of tracks) write(new RtpPacket(header, Buffer.alloc(60)));
  }, 20);
  return () => clearInterval(timer);
}
