import type { CodecName } from '../../src/core/codecs.ts';
import { defaultGrants } from '../../src/core/grants.ts';
import type { LocalPublication, Peer, PlainPeerTransport, Subscription } from '../../src/sfu/rooms/peer.ts';
import { publish } from '../../src/sfu/rooms/publishing.ts';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { connectPlainTransport, openPlainTransport } from '../../src/sfu/rooms/rtp-transports.ts';
import { subscribe } from '../../src/sfu/rooms/subscribing.ts';
import type { Sfu } from '../../src/sfu/sfu.ts';

const voices = {
  opus: { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 },
  PCMU: { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 },
} as const satisfies Partial<Record<CodecName, object>>;

type Voice = keyof typeof voices;

/** Bytes of a packet with its header. */
export const packetSize = 112;
const deliveryTimeoutMs = 20_000;

/** A room whose peers send audio as plain RTP, packet by packet, and receive it. */
export class AudioRoom implements Disposable {
  readonly publications: LocalPublication[] = [];
  readonly subscriptions: Subscription[] = [];
  #receivers = 0;
  #sequence = 0;

  private constructor(
    readonly room: Room,
    /** The peer that sends. */
    readonly sender: Peer,
    readonly sending: PlainPeerTransport,
    private readonly sfu: Sfu,
    private readonly voice: Voice,
    private readonly socket: Bun.udp.Socket<'buffer'>,
  ) {}

  /** Opens a room, with one peer that sends so many tracks over one transport. */
  static async open(
    sfu: Sfu,
    {
      roomId = 'audio',
      tracks = 1,
      voice = 'opus',
    }: { roomId?: string; tracks?: number; voice?: Voice } = {},
  ): Promise<AudioRoom> {
    const { room, peer } = await join(sfu, roomId, 'sender');
    const sending = await openPlainTransport(room, peer, {
      ...transportOptions,
      producing: true,
      consuming: false,
    });
    const socket = await Bun.udpSocket({ hostname: '127.0.0.1' });
    const opened = new AudioRoom(room, peer, sending, sfu, voice, socket);
    for (let track = 1; track <= tracks; track += 1) await opened.#publish(track);
    return opened;
  }

  /** Another peer that receives every track. @returns its subscriptions */
  async receive(): Promise<Subscription[]> {
    this.#receivers += 1;
    const { room, peer } = await join(this.sfu, this.room.id, `receiver-${this.#receivers}`);
    const entry = await openPlainTransport(room, peer, {
      ...transportOptions,
      comedia: false,
      producing: false,
      consuming: true,
    });
    // Sends to the discard port, where no program listens; it costs the worker as much as sending to a receiver.
    await connectPlainTransport(room, entry, { ip: '127.0.0.1', port: 9 });
    const { rtpCapabilities } = room.routers;
    const made = await Promise.all(
      this.publications.map((publication) =>
        subscribe(room, peer, publication, { paused: false, rtpCapabilities }),
      ),
    );
    this.subscriptions.push(...made);
    return made;
  }

  /** Sends so many packets of every track. */
  send(packets = 1): void {
    const { payloadType, clockRate } = voices[this.voice];
    const packet = new DataView(new ArrayBuffer(packetSize));
    packet.setUint8(0, 0x80);
    packet.setUint8(1, payloadType);
    for (let sent = 0; sent < packets; sent += 1) {
      this.#sequence += 1;
      packet.setUint16(2, this.#sequence % 65_536);
      packet.setUint32(4, (this.#sequence * clockRate) / 50);
      for (const { rtpParameters } of this.publications.map(({ info }) => info)) {
        packet.setUint32(8, rtpParameters.encodings?.[0]?.ssrc ?? 0);
        this.socket.send(packet, this.sending.transport.tuple.localPort, '127.0.0.1');
      }
    }
  }

  /** As send. Resolves when the worker has them, and has forwarded them. */
  async deliver(packets: number): Promise<void> {
    this.send(packets);
    const deadline = performance.now() + deliveryTimeoutMs;
    for (const { producer } of this.publications) {
      while (((await producer.getStats())[0]?.packetCount ?? 0) < this.#sequence) {
        if (performance.now() > deadline) throw new Error('the packets do not come to the media worker');
      }
    }
  }

  /** Ends the sending; the room stays. */
  [Symbol.dispose](): void {
    this.socket.close();
  }

  async #publish(track: number): Promise<void> {
    const { voice, sending } = this;
    const rtpParameters = {
      codecs: [voices[voice]],
      encodings: [{ ssrc: 1000 + track }],
      rtcp: { cname: 'audio-room' },
    };
    const request = { transportId: sending.transport.id, kind: 'audio', paused: false, appData: {} } as const;
    this.publications.push(await publish(this.room, this.sender, { ...request, rtpParameters }));
  }
}

const transportOptions = { comedia: true, rtcpMux: true } as const;

async function join(sfu: Sfu, roomId: string, peerId: string): Promise<{ room: Room; peer: Peer }> {
  const who = { roomId, peerId, subject: peerId };
  const identity = { ...who, metadata: {}, grants: defaultGrants, address: '127.0.0.1' };
  const peer = await sfu.enter(identity, { gone: Promise.resolve(), close: () => {} });
  const room = sfu.room(roomId);
  room.join(peer, { displayName: peerId, device: {}, autoSubscribe: false });
  return { room, peer };
}
