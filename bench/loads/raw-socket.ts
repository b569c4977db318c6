import { randomBytes } from 'node:crypto';

type TcpSocket = Bun.Socket<undefined>;

const textOpcode = 1;
const closeOpcode = 8;
const pingOpcode = 9;
/** A final, masked, empty pong. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
/** A masked close frame with the code of somebody who leaves, 1000 (RFC 6455, section 7.4.1). */
const goodbye = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/**
 * A WebSocket client that does as little as possible (RFC 6455): frames are written ready-made and handed on as
 * bytes, so that the load costs a fraction of the server that it measures.
 */
export class RawSocket {
  #waiting: Buffer = Buffer.alloc(0);
  #unsent: Buffer[] = [];
  /** Bytes are being read: what is written meanwhile goes out in one write afterwards. */
  #reading = false;
  #shaken = false;
  closed = false;
  /** What the server said when it closed the connection; empty when it said nothing. */
  closeReason = '';
  /** Takes the payload of each text frame, which is only valid during the call. */
  onText: (payload: Buffer) => void = () => {};
  onClose: () => void = () => {};

  private constructor(
    private readonly socket: TcpSocket,
    private readonly ready: (error?: Error) => void,
  ) {}

  /** Connects to a signaling address of this machine. */
  static connect(port: number, path: string): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      let raw: RawSocket;
      const ready = (error?: Error) => (error ? reject(error) : resolve(raw));
      Bun.connect({
        hostname: '127.0.0.1',
        port,
        socket: {
          open: (socket) => {
            raw = new RawSocket(socket, ready);
            socket.setNoDelay(true);
            socket.write(handshake(port, path));
          },
          data: (_socket, bytes) => raw.#received(bytes),
          drain: () => raw.#flush(),
          close: () => raw.#ended(),
          error: (_socket, error) => ready(error),
        },
      }).catch(reject);
    });
  }

  /** Writes bytes that `textFrame` made. */
  write(frames: Buffer): void {
    if (this.#reading || this.#unsent.length > 0) return void this.#unsent.push(frames);
    const written = this.socket.write(frames);
    if (written < frames.length) this.#unsent.push(frames.subarray(Math.max(written, 0)));
  }

  /** Leaves, as a client does whose user does: without a word the server would wait for it to come back. */
  close(): void {
    this.write(goodbye);
    this.socket.end();
  }

  #flush(): void {
    const frames = Buffer.concat(this.#unsent);
    this.#unsent = [];
    if (frames.length > 0) this.write(frames);
  }

  #received(bytes: Buffer): void {
    const all = this.#waiting.length > 0 ? Buffer.concat([this.#waiting, bytes]) : bytes;
    this.#reading = true;
    const wasShaken = this.#shaken;
    const rest = wasShaken ? all : this.#afterHandshake(all);
    const used = wasShaken && rest ? this.#frames(rest) : 0;
    this.#reading = false;
    this.#flush();
    const left = (rest ?? all).subarray(used);
    // The buffer belongs to the runtime and is filled again after this call.
    this.#waiting = left.length > 0 ? Buffer.from(left) : left;
    // What comes with the end of the handshake is read once whoever waits for that listens.
    if (!wasShaken && this.#shaken) setTimeout(() => this.#received(noBytes));
  }

  #afterHandshake(all: Buffer): Buffer | undefined {
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const status = all.subarray(0, all.indexOf('\r\n')).toString('latin1');
    this.#shaken = true;
    this.ready(status.includes(' 101 ') ? undefined : new Error(`the server refused: ${status}`));
    return all.subarray(end + 4);
  }

  /** Hands on every whole frame. @returns the bytes that were used */
  #frames(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      if (bytes.length < at + 2) return at;
      const opcode = (bytes[at] as number) & 15;
      const short = (bytes[at + 1] as number) & 127;
      const header = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < at + header) return at;
      const length =
        short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? bytes.readUInt32BE(at + 6) : short;
      const end = at + header + length;
      if (bytes.length < end) return at;
      if (opcode === textOpcode) this.onText(bytes.subarray(at + header, end));
      else if (opcode === pingOpcode) this.write(pong);
      else if (opcode === closeOpcode) {
        // Two bytes of a code go before it (RFC 6455, section 5.5.1).
        this.closeReason = bytes.toString('utf8', at + header + 2, end);
        this.socket.end();
      }
      at = end;
    }
  }

  #ended(): void {
    this.closed = true;
    if (!this.#shaken) this.ready(new Error('the server closed the connection before the handshake'));
    this.onClose();
  }
}

const noBytes = Buffer.alloc(0);

/** A masked text frame, as clients have to send it. The mask is zero: it costs the server the same. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const header = length < 126 ? [128 | length] : [128 | 126, length >> 8, length & 255];
  if (length > 65_535) throw new RangeError(`a frame of ${length} bytes is more than the protocol allows`);
  return Buffer.concat([Buffer.from([0x81, ...header, 0, 0, 0, 0]), payload]);
}

function handshake(port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: protoo',
    '\r\n',
  ].join('\r\n');
}
