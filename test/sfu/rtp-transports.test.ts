import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import type { Server } from '../../src/app/server.ts';
import { defaultGrants } from '../../src/core/grants.ts';
import type { Peer, PeerLink } from '../../src/sfu/rooms/peer.ts';
import { publish } from '../../src/sfu/rooms/publishing.ts';
import type { RoomOptions } from '../../src/sfu/rooms/room-options.ts';
import {
  connectPipeTransport,
  connectPlainTransport,
  openPipeTransport,
  openPlainTransport,
} from '../../src/sfu/rooms/rtp-transports.ts';
import { peerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { subscribe } from '../../src/sfu/rooms/subscribing.ts';
import { startServer } from '../support/server.ts';
import { audioTrack } from '../support/world.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({ TUREEN_RTP_REMOTES: '127.0.0.1' });
});
afterAll(() => server.stop());

const link: PeerLink = { gone: Promise.resolve(), close: () => {} };
const plain = { comedia: true, rtcpMux: true };

async function enter(roomId: string, peerId: string) {
  const identity = {
    roomId,
    peerId,
    subject: peerId,
    metadata: {},
    grants: defaultGrants,
    address: '127.0.0.1',
  };
  const peer = await server.sfu.enter(identity, link);
  const room = server.sfu.room(roomId);
  room.join(peer, { displayName: peerId, device: {}, autoSubscribe: false });
  return { room, peer };
}

/** One packet of Opus (RFC 3550) as audioTrack declares it. */
function packet(sequence: number, ssrc: number): Uint8Array {
  const bytes = new Uint8Array(12 + 40);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, 111);
  view.setUint16(2, sequence);
  view.setUint32(4, sequence * 960);
  view.setUint32(8, ssrc);
  return bytes;
}

/** Sends packets until the transport knows where they come from. */
async function sendUntilLearned(transport: types.PlainTransport, ssrc: number, hostname = '127.0.0.1') {
  const socket = await Bun.udpSocket({ hostname });
  let sequence = 0;
  const timer = setInterval(() => {
    sequence += 1;
    socket.send(packet(sequence, ssrc), transport.tuple.localPort, '127.0.0.1');
  }, 10);
  await new Promise<void>((resolve) => {
    transport.observer.once('tuple', () => resolve());
    transport.observer.once('close', () => resolve());
  });
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      socket.close();
    },
  };
}

const stateOf = (peer: Peer) => peerSnapshot(peer).transports[0];

test('RTP that comes to a plain transport is forwarded to where another one was told to send it', async () => {
  const { room, peer: sender } = await enter('forward', 'sender');
  const { peer: receiver } = await enter('forward', 'receiver');
  const source = await openPlainTransport(room, sender, { ...plain, producing: true, consuming: false });
  const sink = await openPlainTransport(room, receiver, {
    producing: false,
    consuming: true,
    comedia: false,
    rtcpMux: true,
  });
  const { appData: _none, ...track } = audioTrack(source.transport.id, 5001);
  const publication = await publish(room, sender, { ...track, appData: {}, paused: false });
  const arrived = Promise.withResolvers<Uint8Array>();
  const socket = await Bun.udpSocket({
    hostname: '127.0.0.1',
    socket: { data: (_socket, data) => arrived.resolve(data) },
  });
  const remote = { ip: '127.0.0.1', port: socket.port };
  await connectPlainTransport(room, sink, remote);
  await subscribe(room, receiver, publication, {
    paused: false,
    transportId: sink.transport.id,
    rtpCapabilities: room.routers.rtpCapabilities,
  });
  expect(stateOf(sender)).toMatchObject({ type: 'plain', iceState: null, tuple: null });
  using _sending = await sendUntilLearned(source.transport, 5001);
  expect((await arrived.promise).length).toBeGreaterThanOrEqual(52);
  expect(stateOf(sender)?.tuple?.remoteIp).toBe('127.0.0.1');
  socket.close();
});

test('an address that the operator does not allow is refused, and one that sends from there is cut off', async () => {
  const { room, peer } = await enter('strangers', 'gateway');
  const told = await openPlainTransport(room, peer, {
    producing: true,
    consuming: false,
    comedia: false,
    rtcpMux: true,
  });
  const refused = connectPlainTransport(room, told, { ip: '192.0.2.1', port: 4000 });
  expect(
    await refused.then(
      () => 'let in',
      (error) => error.code,
    ),
  ).toBe('forbidden');
  const learning = await openPlainTransport(room, peer, { ...plain, producing: true, consuming: false });
  const reasons: string[] = [];
  server.sfu.events.on('transportClosed', ({ reason }) => reasons.push(reason));
  using _sending = await sendUntilLearned(learning.transport, 1, '127.0.0.2');
  expect(learning.transport.closed).toBe(true);
  expect(reasons).toEqual(['not_allowed']);
});

test('with SRTP a packet of a stranger, who has not the key, is dropped and the transport waits on', async () => {
  const { room, peer } = await enter('secured', 'gateway');
  const suite = {
    ...plain,
    producing: true,
    consuming: false,
    srtpCryptoSuite: 'AES_CM_128_HMAC_SHA1_80' as const,
  };
  const entry = await openPlainTransport(room, peer, suite);
  const { transport } = entry;
  const keyBase64 = Buffer.alloc(30, 7).toString('base64');
  await connectPlainTransport(room, entry, {
    srtpParameters: { cryptoSuite: suite.srtpCryptoSuite, keyBase64 },
  });
  const stranger = await Bun.udpSocket({ hostname: '127.0.0.2' });
  const received = async () => {
    stranger.send(packet(1, 1), transport.tuple.localPort, '127.0.0.1');
    return (await transport.getStats()).some(({ bytesReceived }) => bytesReceived > 0);
  };
  while (!(await received()));
  stranger.close();
  expect(transport.closed).toBe(false);
  expect(entry.connectedAt).toBeUndefined();
});

test('a transport is told its other side once, and its port is given back when its peer leaves', async () => {
  const { room, peer } = await enter('ports', 'gateway');
  const entry = await openPlainTransport(room, peer, {
    producing: false,
    consuming: true,
    comedia: false,
    rtcpMux: true,
  });
  const [lowest, highest] = server.config.rtpPorts;
  const port = entry.transport.tuple.localPort;
  expect(port).toBeGreaterThanOrEqual(lowest);
  expect(port).toBeLessThanOrEqual(highest);
  const remote = { ip: '127.0.0.1', port: 4000 };
  await connectPlainTransport(room, entry, remote);
  const again = connectPlainTransport(room, entry, remote);
  expect(
    await again.then(
      () => 'done',
      (error) => error.code,
    ),
  ).toBe('wrong_state');
  room.removePeer(peer, 'left');
  expect(entry.transport.closed).toBe(true);
});

test('a pipe carries every layer of what it consumes to another router', async () => {
  const { room, peer: sender } = await enter('pipes', 'sender');
  const { peer: bridge } = await enter('pipes', 'bridge');
  const source = await openPlainTransport(room, sender, { ...plain, producing: true, consuming: false });
  const { appData: _none, ...track } = audioTrack(source.transport.id, 5002);
  const publication = await publish(room, sender, { ...track, appData: {}, paused: false });
  const pipe = { producing: true, consuming: true, enableRtx: false, enableSrtp: true };
  const entry = await openPipeTransport(room, bridge, pipe);
  const other = await openPipeTransport(room, sender, pipe);
  const { localPort } = other.transport.tuple;
  const { srtpParameters } = other.transport;
  await connectPipeTransport(room, entry, { ip: '127.0.0.1', port: localPort, srtpParameters });
  const { consumer } = await subscribe(room, bridge, publication, { paused: false });
  expect(consumer.type).toBe('pipe');
  expect(peerSnapshot(bridge).transports[0]).toMatchObject({
    type: 'pipe',
    tuple: { remotePort: localPort },
  });
});

test('a room can be opened before anybody comes, with codecs and limits of its own', async () => {
  const options = {
    codecs: ['PCMU', 'VP8'],
    maxPeers: 1,
    metadata: { topic: 'support' },
  } satisfies RoomOptions;
  await server.sfu.createRoom({ roomId: 'made', options });
  expect(server.sfu.room('made').routers.rtpCapabilities.codecs?.map(({ mimeType }) => mimeType)).toEqual([
    'audio/PCMU',
    'video/VP8',
    'video/rtx',
  ]);
  const again = server.sfu.createRoom({ roomId: 'made' });
  expect(
    await again.then(
      () => 'made',
      (error) => error.code,
    ),
  ).toBe('wrong_state');
  await enter('made', 'first');
  expect(
    await enter('made', 'second').then(
      () => 'let in',
      (error) => error.code,
    ),
  ).toBe('room_full');
  server.sfu.changeRoom({ roomId: 'made', changes: { maxPeers: 2 }, by: { kind: 'api', id: 'app' } });
  await enter('made', 'second');
  expect(server.sfu.snapshot().rooms.find(({ id }) => id === 'made')?.options).toEqual({
    ...options,
    maxPeers: 2,
  });
});
