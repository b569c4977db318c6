import type { types } from 'mediasoup';
import type { Server } from '../../src/app/server.ts';
import { defaultGrants } from '../../src/core/grants.ts';
import { enterWithoutSocket } from '../../src/sfu/enter-without-socket.ts';
import type { LocalPublication, Peer, Subscription } from '../../src/sfu/rooms/peer.ts';
import type { Publication } from '../../src/sfu/rooms/publication.ts';
import { publish } from '../../src/sfu/rooms/publishing.ts';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { connectPlainTransport, openPlainTransport } from '../../src/sfu/rooms/rtp-transports.ts';
import { subscribe } from '../../src/sfu/rooms/subscribing.ts';
import { isRtp, rtpPacket } from './rtp.ts';
import { until } from './until.ts';
import { audioTrack, videoTrack } from './world.ts';

interface Entered {
  readonly room: Room;
  readonly peer: Peer;
}

/** A peer without a socket that has joined and takes only what it asks for. */
export async function enterRoom(server: Server, peerId: string, roomId = 'room'): Promise<Entered> {
  const identity = { roomId, peerId, subject: peerId, metadata: {}, grants: defaultGrants, address: '' };
  const entered = await enterWithoutSocket({ sfu: server.sfu, identity, onClose: () => {} });
  entered.room.join(entered.peer, {
    displayName: peerId,
    device: {},
    rtpCapabilities: entered.room.routers.rtpCapabilities,
    autoSubscribe: false,
  });
  return entered;
}

/** A peer that sends real RTP over UDP, a packet each 10 milliseconds. */
export class RtpSender implements Disposable {
  /** Whether the router that receives it asked for a key frame (RFC 4585, PLI), and how often. */
  keyFrameRequests = 0;
  /** How loud its sound is, in dBov below zero (RFC 6464): 10 is loud, 127 is silence. */
  level = 127;
  /** Nothing is sent while it is false. */
  sending = true;
  readonly #timer: ReturnType<typeof setInterval>;
  #sequence = 0;

  private constructor(
    readonly room: Room,
    readonly peer: Peer,
    readonly publication: LocalPublication,
    readonly transport: types.PlainTransport,
    private readonly socket: Bun.udp.Socket<'buffer'>,
    private readonly ssrc: number,
  ) {
    this.#timer = setInterval(() => {
      if (this.sending) this.#send();
    }, 10);
  }

  static async open(
    server: Server,
    {
      peerId = 'sender',
      kind = 'audio',
      ssrc = 1000,
    }: { peerId?: string; kind?: types.MediaKind; ssrc?: number } = {},
  ): Promise<RtpSender> {
    const { room, peer } = await enterRoom(server, peerId);
    const { transport } = await openPlainTransport(room, peer, {
      ...{ comedia: true, rtcpMux: true },
      ...{ producing: true, consuming: false },
    });
    const track = kind === 'audio' ? audioTrack(transport.id, ssrc) : pliVideo(transport.id, ssrc);
    const publication = await publish(room, peer, { paused: false, appData: {}, ...track } as never);
    let sender: RtpSender | undefined;
    const data = (_socket: unknown, bytes: Buffer) => sender?.read(bytes);
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1', socket: { data, error: () => {} } });
    sender = new RtpSender(room, peer, publication, transport, socket, ssrc);
    return sender;
  }

  get id(): string {
    return this.publication.info.id;
  }

  read(bytes: Buffer): void {
    // Payload-specific feedback, of the kind PLI.
    if (bytes[1] === 206 && (bytes[0] ?? 0) % 32 === 1) this.keyFrameRequests += 1;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.socket.close();
  }

  #send(): void {
    this.#sequence += 1;
    const { kind } = this.publication.info;
    const payloadType = kind === 'audio' ? 111 : 96;
    const bytes = rtpPacket({ ssrc: this.ssrc, payloadType, sequence: this.#sequence });
    if (kind === 'audio') {
      // One header extension (RFC 8285) of one word: the level.
      bytes[0] = 0x90;
      bytes.set([0xbe, 0xde, 0, 1, (10 << 4) | 0, this.level, 0, 0], 12);
    }
    // As a key frame of VP8 begins (RFC 7741): start of partition 0, then a frame header with the bit P at zero.
    if (kind === 'video') bytes.set([0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a], 12);
    if (!this.transport.closed) this.socket.send(bytes, this.transport.tuple.localPort, '127.0.0.1');
  }
}

/** A camera with one layer, of which a key frame can be asked. */
function pliVideo(transportId: string, ssrc: number) {
  const track = videoTrack(transportId, ssrc);
  const codecs = [
    {
      mimeType: 'video/VP8',
      payloadType: 96,
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
    },
  ];
  return { ...track, rtpParameters: { ...track.rtpParameters, codecs, encodings: [{ ssrc }] } };
}

/** A peer that receives real RTP over UDP. */
export class RtpReceiver implements Disposable {
  packets = 0;

  private constructor(
    readonly room: Room,
    readonly peer: Peer,
    private readonly socket: Bun.udp.Socket<'buffer'>,
  ) {}

  static async open(server: Server, peerId = 'receiver'): Promise<RtpReceiver> {
    const { room, peer } = await enterRoom(server, peerId);
    const entry = await openPlainTransport(room, peer, {
      ...{ comedia: false, rtcpMux: true },
      ...{ producing: false, consuming: true },
    });
    let receiver: RtpReceiver | undefined;
    const data = (_socket: unknown, bytes: Buffer) => receiver?.read(bytes);
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1', socket: { data, error: () => {} } });
    await connectPlainTransport(room, entry, { ip: '127.0.0.1', port: socket.port });
    receiver = new RtpReceiver(room, peer, socket);
    return receiver;
  }

  /** Waits until somebody publishes it, wherever, and receives it. */
  async receive(producerId: string, { paused = false } = {}): Promise<Subscription> {
    const find = (): Publication | undefined =>
      this.room.publications.find(({ info }) => info.id === producerId);
    await until(() => find() !== undefined, `the publication ${producerId}`);
    return await subscribe(this.room, this.peer, find() as Publication, { paused });
  }

  /** Waits for packets that come from now on. */
  async hears(count = 5): Promise<void> {
    const start = this.packets;
    await until(() => this.packets >= start + count, `${count} packets`);
  }

  read(bytes: Buffer): void {
    if (isRtp(bytes)) this.packets += 1;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
