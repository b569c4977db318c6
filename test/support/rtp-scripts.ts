import { type Json, opus, type script, vp8 } from './broadcaster-script.ts';
import { isRtp, receivesOpusAndVp8, rtpPacket } from './rtp.ts';
import { until } from './until.ts';

/** A room at a server, and how it is called there. */
export interface ScriptPlace {
  readonly call: ReturnType<typeof script>;
  readonly roomId: string;
  readonly peerId: string;
}

async function answer(call: ScriptPlace['call'], path: string, body?: Json) {
  const { status, data, text } = await call('POST', path, body);
  if (status >= 300) throw new Error(`POST ${path} was answered with ${status}: ${text}`);
  return data;
}

/** A script that sends real RTP over UDP into a room, a packet each 10 milliseconds. */
export class ScriptedSender implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(
    readonly producerId: string,
    private readonly socket: Bun.udp.Socket<'buffer'>,
    send: (sequence: number) => void,
  ) {
    let sequence = 0;
    this.#timer = setInterval(() => {
      sequence += 1;
      send(sequence);
    }, 10);
  }

  static async open({ call, roomId, peerId }: ScriptPlace, kind: 'audio' | 'video'): Promise<ScriptedSender> {
    await call('GET', `/rooms/${roomId}`);
    await answer(call, `/rooms/${roomId}/broadcasters`, { id: peerId, displayName: peerId });
    const base = `/rooms/${roomId}/broadcasters/${peerId}/transports`;
    const { id, ip, port } = await answer(call, base, { type: 'plain', comedia: true, rtcpMux: true });
    const [ssrc, payloadType] = kind === 'audio' ? [1111, 100] : [2222, 101];
    const track = kind === 'audio' ? opus(ssrc) : vp8(ssrc);
    const { id: producerId } = await answer(call, `${base}/${id}/producers`, track);
    const socket = await Bun.udpSocket({ socket: { error: () => {} } });
    const send = (sequence: number) => {
      const packet = rtpPacket({ ssrc, payloadType, sequence });
      // As a key frame of VP8 begins (RFC 7741): start of partition 0, then a frame header with the bit P at zero.
      if (kind === 'video') packet.set([0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a], 12);
      socket.send(packet, port, ip);
    };
    return new ScriptedSender(producerId, socket, send);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.socket.close();
  }
}

/** A script that receives real RTP over UDP. */
export class ScriptedReceiver implements Disposable {
  packets = 0;

  private constructor(private readonly socket: Bun.udp.Socket<'buffer'>) {}

  /** @param address of this process for the server */
  static async open(
    { call, roomId, peerId }: ScriptPlace,
    { producerId, address }: { producerId: string; address: string },
  ): Promise<ScriptedReceiver> {
    let receiver: ScriptedReceiver | undefined;
    const data = (_socket: unknown, bytes: Buffer) => receiver?.read(bytes);
    const socket = await Bun.udpSocket({ hostname: address, socket: { data, error: () => {} } });
    receiver = new ScriptedReceiver(socket);
    const about = { id: peerId, displayName: peerId, rtpCapabilities: receivesOpusAndVp8 };
    await answer(call, `/rooms/${roomId}/broadcasters`, about as unknown as Json);
    const base = `/rooms/${roomId}/broadcasters/${peerId}/transports`;
    const { id } = await answer(call, base, { type: 'plain', comedia: false, rtcpMux: true });
    await answer(call, `${base}/${id}/connect`, { ip: address, port: socket.port });
    // The node may be about to hear that it is published.
    const consume = () => call('POST', `${base}/${id}/consume?producerId=${producerId}`);
    await until(async () => (await consume()).status < 300, `${producerId} to be there`);
    return receiver;
  }

  /** Waits for packets that come from now on. */
  async hears(count = 20): Promise<void> {
    const start = this.packets;
    await until(() => this.packets >= start + count, `${count} packets`, 90_000);
  }

  read(bytes: Buffer): void {
    if (isRtp(bytes)) this.packets += 1;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
