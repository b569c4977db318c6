import { describe, expect, test } from 'bun:test';
import { createWorker } from 'mediasoup';
import type { Layers, Publication, RemotePeer, RemoteTrack } from '../../client/index.ts';
import { type Quality, QualityBook } from '../../client/quality.ts';
import { until } from '../support/until.ts';
import { useClients } from './support.ts';

const { server, oneTrack } = await useClients();

describe('quality', () => {
  function book(peers: RemotePeer[], publications: Pick<Publication, 'producerId' | 'paused'>[] = []) {
    let now = 0;
    const changes: [string, Quality['level']][] = [];
    const quality = new QualityBook({
      ownPeerId: 'me',
      peers: () => peers,
      publications: () => publications,
      changed: (peerId, { level }) => changes.push([peerId, level]),
      now: () => now,
    });
    const later = (milliseconds: number) => {
      now += milliseconds;
    };
    return { quality, changes, later };
  }

  interface Received {
    own: number;
    sender: number;
    muted?: boolean;
    paused?: boolean;
    /** A picture of so many sizes less than are wanted and sent. */
    missedLayers?: number;
    layers?: Layers | null;
  }

  function peer(id: string, ...received: Received[]) {
    const tracks = received.map(({ own, sender, ...others }, index) => ({
      id: `${id}${index}`,
      score: { own, sender },
      muted: false,
      paused: false,
      missedLayers: 0,
      layers: null,
      ...others,
    }));
    return { id, tracks: new Set(tracks as unknown as RemoteTrack[]) } as unknown as RemotePeer;
  }

  test('is that of the worst stream of a peer that is sent, and muted ones do not count', () => {
    const { quality } = book([
      peer('good', { own: 10, sender: 10 }, { own: 0, sender: 0, muted: true }),
      peer('silent', { own: 0, sender: 0, muted: true }),
    ]);
    quality.look();
    expect(quality.of('good').level).toBe('good');
    expect(quality.of('silent').level).toBe('unknown');
    expect(quality.of('nobody').level).toBe('unknown');
  });

  test('is not judged while a stream is only starting', () => {
    const { quality, changes, later } = book([peer('bob', { own: 10, sender: 3 })]);
    quality.look();
    expect(changes).toEqual([]);
    later(5000);
    quality.look();
    expect(changes).toEqual([['bob', 'poor']]);
  });

  test('of our own is that of what we send, or of what reaches us if that is worse', () => {
    const own = { producerId: 'camera', paused: false };
    const peers = [peer('bob', { own: 10, sender: 10 }), peer('carol', { own: 10, sender: 10 })];
    const { quality, later } = book(peers, [own]);
    const score = (value: number) =>
      quality.ownScore({ producerId: 'camera', score: [{ encodingIdx: 0, ssrc: 1, score: value }] });
    score(10);
    expect(quality.of('me')).toEqual({ level: 'good', score: 10 });
    later(5000);
    score(0);
    expect(quality.of('me').level).toBe('lost');
    own.paused = true;
    quality.look();
    expect(quality.of('me').level).toBe('good');
    quality.reset();
    expect(quality.of('me').level).toBe('unknown');
  });

  test('of our own falls by a level for each size of a picture that does not reach us, and its sender stays good', () => {
    const voice = { own: 10, sender: 10 };
    const of = (missed: number, layers: Layers | null) => {
      const { quality, later } = book([peer('bob', voice, { ...voice, missedLayers: missed, layers })]);
      quality.look();
      later(5000);
      quality.look();
      expect(quality.of('bob')).toEqual({ level: 'good', score: 10 });
      return quality.of('me').level;
    };
    expect(of(0, { spatialLayer: 2 })).toBe('good');
    expect(of(1, { spatialLayer: 1 })).toBe('fair');
    expect(of(2, { spatialLayer: 0 })).toBe('poor');
    expect(of(1, null)).toBe('poor');
  });

  test('of our own does not fall for a size that is missing only while the picture grows', () => {
    const picture = { own: 10, sender: 10, missedLayers: 2, layers: { spatialLayer: 0 } };
    const bob = peer('bob', picture);
    const { quality, later } = book([bob]);
    const [track] = bob.tracks as unknown as Set<typeof picture>;
    if (!track) throw new Error('no track');
    quality.look();
    later(3000);
    quality.look();
    track.missedLayers = 0;
    quality.look();
    later(3000);
    track.missedLayers = 2;
    quality.look();
    later(3000);
    quality.look();
    expect(quality.of('me').level).toBe('good');
    later(2000);
    quality.look();
    expect(quality.of('me').level).toBe('poor');
  });

  test('of our own is bad with one bad stream of two, though the other is a silent voice that scores 10', () => {
    const { quality, later } = book([peer('bob', { own: 3, sender: 10 }, { own: 10, sender: 10 })]);
    quality.look();
    later(5000);
    quality.look();
    expect(quality.of('me').level).toBe('poor');
    expect(quality.of('bob').level).toBe('good');
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
    expect(bob.quality('alice').level).toBe('good');
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
