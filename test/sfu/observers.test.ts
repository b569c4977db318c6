import { afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { types } from 'mediasoup';
import type { Server } from '../../src/app/server.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';
import { observe } from '../../src/sfu/rooms/observing.ts';
import type { LocalPublication, Peer } from '../../src/sfu/rooms/peer.ts';
import { keepProducer } from '../../src/sfu/rooms/publishing.ts';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const levelExtension = 10;

/** A microphone that sends real RTP with audio levels (RFC 6464), without a network. */
class Microphone {
  #sequence = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** dBov below zero: 10 is loud, 127 is silence. */
  level = 127;

  constructor(
    readonly publication: LocalPublication,
    private readonly ssrc: number,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.publication.producer.send(this.#packet()), 20);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #packet(): Buffer {
    this.#sequence += 1;
    const packet = Buffer.alloc(12 + 8 + 40);
    packet[0] = 0x90;
    packet[1] = 111;
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE((this.#sequence * 960) >>> 0, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    packet.writeUInt16BE(0xbede, 12);
    packet.writeUInt16BE(1, 14);
    packet[16] = levelExtension << 4;
    packet[17] = this.level & 0x7f;
    return packet;
  }
}

let server: Server;
let room: Room;
const microphones: Microphone[] = [];
const speakers: SfuEvents['activeSpeaker'][] = [];
const speaking: SfuEvents['speakingPeers'][] = [];

beforeEach(async () => {
  server = await startServer();
  speakers.length = 0;
  speaking.length = 0;
  server.sfu.events.on('activeSpeaker', (event) => void speakers.push(event));
  server.sfu.events.on('speakingPeers', (event) => void speaking.push(event));
});

afterEach(async () => {
  for (const microphone of microphones.splice(0)) microphone.stop();
  await server.stop();
});

async function addMicrophone(peerId: string, ssrc: number): Promise<Microphone> {
  await enter({ server, peerId });
  room = server.sfu.room('room');
  const peer: Peer = server.sfu.peer('room', peerId);
  const router = room.routers.home?.router as types.Router;
  const transport = await router.createDirectTransport();
  const producer = await transport.produce({
    kind: 'audio',
    rtpParameters: {
      mid: 'a',
      codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
      headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: levelExtension }],
      encodings: [{ ssrc }],
    },
  });
  // As if alice's own client had published it, so that observers that open later find it too.
  const { rtpParameters } = producer;
  const publication = keepProducer(room, peer, { producer, source: 'audio', rtpParameters, transportId: '' });
  const microphone = new Microphone(publication, ssrc);
  microphones.push(microphone);
  observe(room, publication);
  microphone.start();
  return microphone;
}

const lastSpeaker = () => speakers.at(-1)?.peerId;

test('who speaks is told, and nobody speaking is told as null', async () => {
  const alice = await addMicrophone('alice', 1);
  const bob = await addMicrophone('bob', 2);
  alice.level = 10;
  await until(() => lastSpeaker() === 'alice', 'alice as active speaker');
  expect(speakers.at(-1)?.volume).toBeGreaterThan(-30);
  expect(speaking.at(-1)?.volumes[0]).toMatchObject({ peerId: 'alice' });
  alice.level = 127;
  bob.level = 10;
  await until(() => lastSpeaker() === 'bob', 'bob as active speaker');
  bob.level = 127;
  await until(() => lastSpeaker() === null, 'silence');
  expect(speaking.at(-1)?.volumes).toEqual([]);
  expect(room.observers.activePeerId).toBeNull();
});

test('a sole participant who is silent is not the active speaker', async () => {
  await addMicrophone('alice', 1);
  const bob = await addMicrophone('bob', 2);
  bob.level = 10;
  await until(() => lastSpeaker() === 'bob', 'bob as active speaker');
  expect(speakers.some(({ peerId }) => peerId === 'alice')).toBe(false);
});

test('a speaker who is muted stops being active at once', async () => {
  const alice = await addMicrophone('alice', 1);
  alice.level = 10;
  await until(() => lastSpeaker() === 'alice', 'alice as active speaker');
  alice.publication.pausedBy.add('peer');
  room.observers.mute(alice.publication.producer.id);
  expect(lastSpeaker()).toBeNull();
  expect(speaking.at(-1)?.volumes).toEqual([]);
});

test('a speaker who is gone stops being active at once', async () => {
  const alice = await addMicrophone('alice', 1);
  alice.level = 10;
  await until(() => lastSpeaker() === 'alice', 'alice as active speaker');
  room.observers.forget(alice.publication.producer.id);
  expect(lastSpeaker()).toBeNull();
});

test('several who speak at once are told, the loudest first', async () => {
  const alice = await addMicrophone('alice', 1);
  const bob = await addMicrophone('bob', 2);
  alice.level = 40;
  bob.level = 5;
  await until(() => speaking.some(({ volumes }) => volumes.length === 2), 'two who speak');
  const both = speaking.find(({ volumes }) => volumes.length === 2);
  expect(both?.volumes.map(({ peerId }) => peerId)).toEqual(['bob', 'alice']);
});
