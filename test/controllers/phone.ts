/** A packet of RTP (RFC 3550) as far as tests look at it. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export interface RtpCodec {
  mimeType: string;
  payloadType: number;
  clockRate: number;
  channels?: number;
}

export interface Sent {
  readonly payloadType?: number;
  readonly payload?: Uint8Array;
  readonly marker?: boolean;
}

/** How a telephone writes silence in PCMU (RFC 3551): 20 milliseconds of it. */
export const silence = new Uint8Array(160).fill(0xff);
const samples = 160;

/** A UDP socket that speaks RTP: the least of a telephone. */
export class Phone implements Disposable {
  readonly received: RtpPacket[] = [];
  readonly #waiters = new Set<() => void>();
  #sequence = 0;

  private constructor(
    private readonly socket: Bun.udp.Socket<'buffer'>,
    readonly ssrc: number,
  ) {}

  static async open(ssrc: number, hostname = '127.0.0.1'): Promise<Phone> {
    let phone: Phone | undefined;
    const data = (_socket: unknown, bytes: Buffer) => {
      if (phone) phone.#take(bytes);
    };
    // A port that was closed meanwhile answers with ICMP, which Bun tells as an error of the socket.
    const error = () => {};
    const socket = await Bun.udpSocket({ hostname, socket: { data, error } });
    phone = new Phone(socket, ssrc);
    return phone;
  }

  get port(): number {
    return this.socket.port;
  }

  /** What produce needs of it. */
  parameters(codecs: RtpCodec[] = [{ mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 }]) {
    return { codecs, encodings: [{ ssrc: this.ssrc }] };
  }

  send(
    to: { ip: string; port: number },
    { payloadType = 0, payload = silence, marker = false }: Sent = {},
  ): void {
    this.#sequence += 1;
    const bytes = new Uint8Array(12 + payload.length);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, 0x80);
    view.setUint8(1, (marker ? 0x80 : 0) | payloadType);
    view.setUint16(2, this.#sequence);
    view.setUint32(4, this.#sequence * samples);
    view.setUint32(8, this.ssrc);
    bytes.set(payload, 12);
    this.socket.send(bytes, to.port, to.ip);
  }

  /** Goes on sending until the returned object is disposed of. */
  talk(to: { ip: string; port: number }, what?: Sent): Disposable {
    const timer = setInterval(() => this.send(to, what), 20);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Waits for a packet that came already or is to come. */
  async hears(matches: (packet: RtpPacket) => boolean = () => true): Promise<RtpPacket> {
    for (;;) {
      const found = this.received.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }

  #take(bytes: Buffer): void {
    // RTCP shares the port (RFC 5761): its packet types stand where RTP has marker and payload type.
    const second = bytes.readUInt8(1);
    if (second >= 192 && second <= 223) return;
    this.received.push({
      payloadType: second & 0x7f,
      marker: second >= 0x80,
      sequence: bytes.readUInt16BE(2),
      ssrc: bytes.readUInt32BE(8),
      payload: new Uint8Array(bytes.subarray(headerLength(bytes))),
    });
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

/** The fixed header, the contributing sources, and a header extension where there is one. */
function headerLength(bytes: Buffer): number {
  const first = bytes.readUInt8(0);
  const fixed = 12 + (first & 0x0f) * 4;
  return first & 0x10 ? fixed + 4 + bytes.readUInt16BE(fixed + 2) * 4 : fixed;
}
