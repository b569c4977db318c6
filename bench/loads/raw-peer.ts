import { RawSocket, textFrame } from './raw-socket.ts';

interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly errorReason?: string;
}

type Data = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (data: Data) => void;
  readonly reject: (error: Error) => void;
}

const isRequest = Buffer.from('"request":true');
const isResponse = Buffer.from('"response":true');
const isWelcome = Buffer.from('"method":"welcome"');
const idKey = Buffer.from('"id":');
/** Both servers write the members of the envelope before the data, so that they are found near the start. */
const envelopeBytes = 64;

/**
 * A participant that speaks the signaling protocol and has no media. It accepts what it is offered without reading
 * it, so that it costs little beside the server that it drives.
 */
export class RawPeer {
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #welcome = Promise.withResolvers<Data>();
  /** What the server sends to those that connect with `fast=1`. */
  readonly welcome = this.#welcome.promise;
  /** Frames, and bytes in them, that the server has sent so far. */
  frames = 0;
  bytes = 0;
  /** Consumers that the server has offered so far. */
  consumers = 0;
  onConsumer: () => void = () => {};

  private constructor(private readonly socket: RawSocket) {
    socket.onText = (payload) => this.#received(payload);
    // Nobody may wait for it.
    this.welcome.catch(() => {});
    socket.onClose = () => {
      const error = new Error(`the server closed the connection: ${socket.closeReason}`);
      this.#welcome.reject(error);
      for (const { reject } of this.#waiting.values()) reject(error);
    };
  }

  /** Connects one peer to a room. @param wishes what else the address says, as `fast` */
  static async connect(
    port: number,
    roomId: string,
    peerId: string,
    wishes: Readonly<Record<string, string>> = {},
  ): Promise<RawPeer> {
    const query = new URLSearchParams({ roomId, peerId, ...wishes });
    return new RawPeer(await RawSocket.connect(port, `/?${query}`));
  }

  /** @throws Error with the server's reason when it refuses */
  request(method: string, data: unknown = {}): Promise<Data> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.write(textFrame(JSON.stringify({ request: true, id, method, data })));
    });
  }

  close(): void {
    this.socket.close();
  }

  #received(payload: Buffer): void {
    this.frames += 1;
    this.bytes += payload.length;
    const envelope = payload.subarray(0, envelopeBytes);
    if (envelope.includes(isResponse)) this.#settle(JSON.parse(payload.toString()) as Answer);
    else if (envelope.includes(isRequest)) this.#accept(payload, envelope);
    else if (envelope.includes(isWelcome)) this.#welcome.resolve(JSON.parse(payload.toString()).data as Data);
  }

  #accept(payload: Buffer, envelope: Buffer): void {
    const id = Number.parseInt(envelope.toString('latin1', envelope.indexOf(idKey) + idKey.length), 10);
    this.socket.write(textFrame(`{"response":true,"id":${id},"ok":true,"data":{}}`));
    if (!payload.includes('newConsumer')) return;
    this.consumers += 1;
    this.onConsumer();
  }

  #settle({ id, ok, data, errorReason }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ok) waiting?.resolve(data ?? {});
    else waiting?.reject(new Error(`the server refused: ${errorReason}`));
  }
}
