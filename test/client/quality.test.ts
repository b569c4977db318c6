import { describe, expect, test } from 'bun:test';
import { createWorker } from 'mediasoup';
import type { RemoteTrack } from '../../client/index.ts';
import { judge, type Missing } from '../../client/judgement.ts';
import { type Quality, QualityBook } from '../../client/quality.ts';
import { type VitalSigns, VitalSignsReader } from '../../client/vital-signs.ts';
import { reportQuality } from '../../src/sfu/rooms/quality.ts';
import { until } from '../support/until.ts';
import { useClients } from './support.ts';

const { server, oneTrack } = await useClients();

/** Two seconds in which nothing goes wrong. */
const well: VitalSigns = {
  milliseconds: 2000,
  expected: 200,
  lost: 0,
  sent: 200,
  sentLost: 0,
  samples: 96_000,
  concealed: 0,
  frozenMs: 0,
  roundTripMs: 20,
  playoutMs: 40,
  silent: false,
  unsentLayers: 0,
};
const nothingMissing = { layers: 0, broken: false };

describe('a connection', () => {
  const levelOf = (signs: Partial<VitalSigns>, missing: Partial<Missing> = {}) => {
    const { quality, later } = book({ missing: missing.layers, broken: missing.broken });
    for (let reading = 0; reading < 3; reading += 1, later(2500)) quality.measured({ ...well, ...signs });
    const { level, cause } = quality.of('me');
    return cause === null ? level : `${level}: ${cause}`;
  };

  test('is judged by what is lost before it is repaired, on the way to us and from us', () => {
    expect(levelOf({})).toBe('good');
    expect(levelOf({ lost: 4 })).toBe('good');
    expect(levelOf({ lost: 20 })).toBe('fair: loss');
    expect(levelOf({ lost: 60 })).toBe('poor: loss');
    expect(levelOf({ sentLost: 20 })).toBe('fair: loss');
  });

  test('is judged by what the player makes up, by delay, and by pictures that stand still', () => {
    expect(levelOf({ concealed: 400 })).toBe('good');
    expect(levelOf({ concealed: 2500 })).toBe('fair: sound');
    expect(levelOf({ concealed: 9600 })).toBe('poor: sound');
    expect(levelOf({ roundTripMs: 200 })).toBe('good');
    expect(levelOf({ roundTripMs: 600 })).toBe('fair: delay');
    expect(levelOf({ playoutMs: 400 })).toBe('fair: delay');
    expect(levelOf({ frozenMs: 300 })).toBe('fair: freezes');
    expect(levelOf({ frozenMs: 2000 })).toBe('poor: freezes');
  });

  test('is a level worse for each size of a picture that does not come, or is not sent', () => {
    expect(levelOf({}, { layers: 1 })).toBe('fair: bandwidth');
    expect(levelOf({}, { layers: 2 })).toBe('poor: bandwidth');
    expect(levelOf({}, { layers: 4 })).toBe('poor: bandwidth');
    expect(levelOf({ unsentLayers: 1 })).toBe('fair: bandwidth');
  });

  test('is lost when nothing comes at all, or a transport says so, and at once', () => {
    expect(levelOf({ silent: true })).toBe('lost: cut');
    expect(levelOf({}, { broken: true })).toBe('lost: cut');
    // Where nobody sends, an answer comes every few seconds only.
    const silent = { ...well, silent: true };
    expect(judge([well, silent, silent], nothingMissing)?.score).toBeGreaterThan(9);
  });

  test('is not judged before anything was measured, and a short lack of a size does not count', () => {
    const { quality, later } = book({ missing: 2 });
    quality.look();
    expect(quality.of('me').level).toBe('unknown');
    quality.measured(well);
    expect(quality.of('me').level).toBe('good');
    later(5000);
    quality.look();
    expect(quality.of('me').level).toBe('poor');
    quality.reset();
    expect(quality.of('me').level).toBe('unknown');
  });

  test('is reported when it changes, and is never better than the server says', () => {
    const { quality, reports, changes } = book({});
    quality.measured(well);
    quality.measured(well);
    expect(reports).toEqual([{ score: 9.9, cause: null }]);
    quality.told('me', { level: 'fair', score: 6, cause: 'loss' });
    expect(quality.of('me')).toEqual({ level: 'fair', score: 6, cause: 'loss' });
    quality.told('me', { level: 'good', score: 9.9, cause: null });
    quality.told('bob', { level: 'poor', score: 3, cause: 'freezes' });
    expect(quality.of('bob').level).toBe('poor');
    expect(changes).toEqual(['me good', 'me fair', 'me good', 'bob poor']);
    quality.measured({ ...well, lost: 60 });
    expect(reports.at(-1)?.cause).toBe('loss');
  });

  function book({ missing = 0, broken = false }: { missing?: number; broken?: boolean }) {
    let now = 0;
    const changes: string[] = [];
    const reports: Pick<Quality, 'score' | 'cause'>[] = [];
    const quality = new QualityBook({
      ownPeerId: 'me',
      tracks: () => [{ id: 'picture', missedLayers: missing }],
      broken: () => broken,
      changed: (peerId, { level }) => void changes.push(`${peerId} ${level}`),
      report: (report) => void reports.push(report),
      now: () => now,
    });
    const later = (milliseconds: number) => {
      now += milliseconds;
    };
    return { quality, changes, reports, later };
  }
});

describe('the vital signs of a connection', () => {
  /** Statistics of a voice, with what was lost of it and made up. */
  const voice = (at: number, { lost = 0, concealed = 0 } = {}) => ({
    id: 'voice',
    type: 'inbound-rtp',
    kind: 'audio',
    trackIdentifier: 'voice',
    packetsReceived: at / 20 - lost,
    packetsLost: lost,
    totalSamplesReceived: at * 48,
    concealedSamples: concealed,
    silentConcealedSamples: 0,
    jitterBufferDelay: at * 48 * 0.06,
    jitterBufferEmittedCount: at * 48,
  });
  const track = (id: string, sender = 10, muted = false) => {
    const mediaTrack = { id };
    return { mediaTrack, source: 'microphone', muted, paused: false, score: { own: 10, sender } };
  };

  async function between(
    before: object[],
    after: object[],
    tracks: ReturnType<typeof track>[],
  ): Promise<VitalSigns> {
    let [now, entries] = [0, before];
    const reader = new VitalSignsReader({
      transportStats: async (direction) =>
        (direction === 'recv' ? new Map(entries.entries()) : undefined) as unknown as RTCStatsReport,
      tracks: () => tracks as unknown as RemoteTrack[],
      now: () => now,
    });
    expect(await reader.read()).toBeUndefined();
    now = 2000;
    entries = after;
    const signs = await reader.read();
    if (!signs) throw new Error('there was something to compare with');
    return signs;
  }

  test('are what the statistics grew by, of what the server receives well', async () => {
    const before = [voice(2000)];
    const after = [voice(4000, { lost: 10, concealed: 4800 })];
    const signs = await between(before, after, [track('voice')]);
    expect(signs).toMatchObject({ milliseconds: 2000, expected: 100, lost: 10, concealed: 4800 });
    expect(signs.playoutMs).toBeCloseTo(60, 5);
    // It is lost on the way of its sender to the server, or is not sent.
    expect(await between(before, after, [track('voice', 6)])).toMatchObject({ expected: 0, lost: 0 });
    expect(await between(before, after, [track('voice', 10, true)])).toMatchObject({ concealed: 0 });
  });

  test('tell that nothing comes at all by the answers of the path', async () => {
    const path = (packets: number, answers: number) => ({
      id: 'path',
      type: 'candidate-pair',
      state: 'succeeded',
      nominated: true,
      currentRoundTripTime: 0.05,
      packetsReceived: packets,
      responsesReceived: answers,
    });
    expect(await between([path(10, 1)], [path(10, 2)], [])).toMatchObject({ silent: false, roundTripMs: 50 });
    expect((await between([path(10, 1)], [path(10, 1)], [])).silent).toBe(true);
  });
});

describe('what the others are told', () => {
  test('is what a peer reports of itself, in all places the same', async () => {
    const { alice, bob } = await oneTrack();
    await until(() => bob.peers.has('alice'), 'Alice');
    const report = { score: 4, cause: 'freezes' } as const;
    const room = server.sfu.rooms.get('room');
    const peer = room?.peers.get('alice');
    if (!room || !peer) throw new Error('Alice is in the room');
    reportQuality(room, peer, report);
    const expected = { level: 'poor', ...report } as const;
    await until(() => bob.quality('alice').level === 'poor', 'what Bob is told');
    expect(bob.quality('alice')).toEqual(expected);
    await until(() => alice.quality().level === 'poor', 'what Alice is told');
    expect(server.sfu.read.peer('room', 'alice').quality).toEqual(expected);
    expect(server.sfu.read.counts().byQuality.poor).toBe(1);
    // How the server receives what she sends may be worse than what she reports.
    reportQuality(room, peer, { score: 10, cause: null });
    const [publication] = peer.publications.values();
    publication?.producer.emit('score', []);
    await until(() => bob.quality('alice').level === 'good', 'that it is good again');
  });
});

describe('who is to blame', () => {
  test('a receiver whose bandwidth takes no layer blames itself, and not the sender', async () => {
    const { bob, received } = await oneTrack();
    const consumer = [...server.sfu.peer('room', 'bob').subscriptions.values()].find(
      ({ consumer: { id } }) => id === received.id,
    )?.consumer;
    // There is no media here that could be scored, so the worker's messages are made.
    const scored = (producerScore: number, scores: number[]) =>
      consumer?.emit('score', { score: 10, producerScore, producerScores: scores });
    scored(0, [10, 10, 10]);
    await until(() => received.score.sender === 10, 'the score of the best layer');
    expect(received.missedLayers).toBe(3);
    consumer?.emit('layerschange', { spatialLayer: 1, temporalLayer: 2 });
    await until(() => received.missedLayers === 1, 'the layers that arrive');
    expect(bob.quality('alice').level).not.toBe('poor');
    scored(0, [0, 0, 0]);
    await until(() => received.score.sender === 0, 'the score of a sender of whom nothing arrives');
    expect(received.missedLayers).toBe(0);
  });

  test('the worker scores the sender by all layers also while it forwards none of them', async () => {
    await using stack = new AsyncDisposableStack();
    const worker = await createWorker({ logLevel: 'none' });
    stack.defer(() => worker.close());
    const vp8 = { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 } as const;
    const router = await worker.createRouter({ mediaCodecs: [{ ...vp8, preferredPayloadType: 101 }] });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 101 }],
        encodings: [{ ssrc: 1001 }, { ssrc: 1002 }],
      },
    });
    const heard = new Promise<void>((resolve) => {
      producer.on('score', (scores) => {
        if (scores.filter(({ score }) => score === 10).length === 2) resolve();
      });
    });
    for (const ssrc of [1001, 1002]) for (const number of [1, 2, 3]) producer.send(packet(ssrc, number));
    await heard;
    const { rtpCapabilities } = router;
    const listening = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    });
    const consumer = await listening.consume({ producerId: producer.id, rtpCapabilities, paused: true });
    expect(consumer.type).toBe('simulcast');
    expect(consumer.currentLayers).toBeUndefined();
    expect(consumer.score).toEqual({ score: 10, producerScore: 0, producerScores: [10, 10] });
  });
});

/** An RTP packet with the start of a VP8 picture. */
function packet(ssrc: number, sequenceNumber: number): Buffer {
  const bytes = Buffer.alloc(12 + 20);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8(101, 1);
  bytes.writeUInt16BE(sequenceNumber, 2);
  bytes.writeUInt32BE(sequenceNumber * 3000, 4);
  bytes.writeUInt32BE(ssrc, 8);
  bytes.writeUInt8(0x10, 12);
  return bytes;
}
