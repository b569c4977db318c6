import { connect, type Socket } from 'node:net';
import type { Server } from '../../src/app/server.ts';

export interface RawSocketOptions {
  server: Pick<Server, 'port'>;
  roomId?: string;
  peerId?: string;
  /** The whole address instead of the one made of the ids. */
  path?: string;
  /** In the place of those that belong to a good handshake; null leaves one out. */
  headers?: Readonly<Record<string, string | null>>;
}

/** First bytes of frames: FIN bit and opcode (RFC 6455, section 5.2). */
export const finalText = 0x81;
export const firstText = 0x01;
export const nextPart = 0x00;

const goodHeaders = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'protoo',
};

/** A WebSocket by hand on a bare TCP socket, for what no library does: bad handshakes, and not reading. */
export class RawSocket {
  readonly #tcp: Socket;
  #received = Buffer.alloc(0);
  readonly closed: Promise<void>;
  /** Status of the answer to the handshake: 101 when the socket is open. */
  readonly status: Promise<number>;

  constructor({ server, roomId = 'room', peerId = 'raw', path, headers }: RawSocketOptions) {
    const closed = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    this.#tcp = connect(server.port, '127.0.0.1');
    this.#tcp.on('error', () => {});
    this.#tcp.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      if (this.#received.includes('\r\n\r\n')) answered.resolve();
    });
    this.#tcp.on('close', () => {
      answered.resolve();
      closed.resolve();
    });
    this.closed = closed.promise;
    this.status = answered.promise.then(() => Number(/^HTTP\/1\.1 (\d{3})/.exec(this.#text)?.[1]));
    const target = path ?? `/signaling?${new URLSearchParams({ roomId, peerId })}`;
    const sent = Object.entries({ host: `127.0.0.1:${server.port}`, ...goodHeaders, ...headers });
    const lines = sent.flatMap(([name, value]) => (value === null ? [] : `${name}: ${value}\r\n`));
    this.#tcp.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  }

  /** The head of the handshake's answer. */
  get head(): string {
    return this.#text.slice(0, this.#text.indexOf('\r\n\r\n') + 2);
  }

  /** What follows the head of the handshake's answer. */
  get body(): string {
    return this.#text.slice(this.#text.indexOf('\r\n\r\n') + 4);
  }

  request(id: number, method: string, data: unknown): void {
    this.sendFrame(finalText, JSON.stringify({ request: true, id, method, data }));
  }

  sendFrame(firstByte: number, content: string | Uint8Array): void {
    const payload = typeof content === 'string' ? Buffer.from(content) : content;
    const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
    head[0] = firstByte;
    head[1] = 0x80 | Math.min(payload.length, 126);
    if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
    // The mask is four zeros, so the payload crosses as it is (RFC 6455, section 5.3).
    this.#tcp.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }

  /** From now on nothing is taken off the socket, so that what the server sends stays with the server. */
  stopReading(): void {
    this.#tcp.pause();
  }

  close(): void {
    this.#tcp.destroy();
  }

  get #text(): string {
    return this.#received.toString('utf8');
  }
}
