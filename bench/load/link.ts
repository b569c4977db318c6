import type { Static } from '@sinclair/typebox';
import type { types } from 'mediasoup-client';
import type { ConsumerInfo } from '../../src/signaling/media-schemas.ts';

/** A consumer as the server announces it. */
export type Announced = Static<typeof ConsumerInfo>;

/** The first message of the fast join, in the types of mediasoup-client. */
export interface Welcome {
  readonly routerRtpCapabilities: types.RtpCapabilities;
  readonly sendTransport?: types.TransportOptions;
  readonly recvTransport?: types.TransportOptions;
}

/** A connection to a server: the signaling protocol, or its replacement in a benchmark. */
export interface Link {
  /** For a link that was made for the fast join. */
  readonly welcome?: Promise<Welcome>;
  request<R>(method: string, data?: object): Promise<R>;
  /** Takes a consumer that the server offers; the server starts it once this has resolved. */
  onConsumer: (announced: Announced) => Promise<void>;
  /** The server or the network ended the connection. */
  onClosed: (reason: string) => void;
  close(): void;
}

interface Frame {
  readonly request?: boolean;
  readonly response?: boolean;
  readonly notification?: boolean;
  readonly id?: number;
  readonly ok?: boolean;
  readonly method?: string;
  readonly data?: unknown;
  readonly errorReason?: string;
}

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: Error) => void;
}

export interface LinkOptions {
  /** http:, https:, ws: or wss: address of the server. */
  url: string;
  roomId: string;
  peerId: string;
  token?: string;
  /** Joins as new clients do, in two round trips. */
  fast?: boolean;
  /** Joins as one of an audience, and is told of the others together. */
  audience?: boolean;
}

/** The signaling socket of a server, in protoo's envelope. */
export class SocketLink implements Link {
  onConsumer: Link['onConsumer'] = async () => {};
  onClosed: Link['onClosed'] = () => {};
  readonly welcome: Promise<Welcome> | undefined;
  /** Frames of the server that have come, and their characters. */
  readonly told = { frames: 0, characters: 0 };
  readonly #welcomed = Promise.withResolvers<Welcome>();
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closing = false;
  /** Why there is no connection any more. */
  #ended: Error | undefined;

  private constructor(
    private readonly socket: WebSocket,
    fast: boolean,
  ) {
    this.welcome = fast ? this.#welcomed.promise : undefined;
    // Nobody may wait for it.
    this.#welcomed.promise.catch(() => {});
    socket.addEventListener('message', ({ data }) => {
      const text = String(data);
      this.told.frames += 1;
      this.told.characters += text.length;
      this.#received(JSON.parse(text) as Frame);
    });
    socket.addEventListener('close', ({ code, reason }) => this.#closed(`${code} ${reason}`.trim()));
  }

  /** @throws Error when the socket does not open */
  static async connect({ url, roomId, peerId, token, ...wishes }: LinkOptions): Promise<SocketLink> {
    const { audience = false, fast = audience } = wishes;
    const address = new URL('/signaling', url.replace(/^http/, 'ws'));
    // Nothing is done with the estimate of the downlink here.
    address.search = new URLSearchParams({ roomId, peerId, downlinkBwe: '0' }).toString();
    if (fast) address.searchParams.set('fast', '1');
    if (audience) for (const wish of ['audience', 'roster']) address.searchParams.set(wish, '1');
    const socket = new WebSocket(address, token ? ['protoo', `bearer.${token}`] : ['protoo']);
    const link = new SocketLink(socket, fast);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('close', () => reject(new Error(`could not connect to ${address.origin}`)), {
        once: true,
      });
    });
    return link;
  }

  /** @throws Error with the reason of the server when it refuses */
  request<R>(method: string, data: object = {}): Promise<R> {
    if (this.#ended || this.socket.readyState !== WebSocket.OPEN)
      return Promise.reject(this.#ended ?? new Error('the connection is closed'));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<R>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ request: true, id, method, data });
    });
  }

  close(): void {
    this.#closing = true;
    this.socket.close();
  }

  #send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  #received(frame: Frame): void {
    if (frame.response) return this.#settle(frame);
    if (frame.notification && frame.method === 'welcome')
      return this.#welcomed.resolve(frame.data as Welcome);
    if (!frame.request) return;
    const { id } = frame;
    const answer =
      frame.method === 'newConsumer' ? this.onConsumer(frame.data as Announced) : Promise.resolve();
    answer.then(
      () => this.#send({ response: true, id, ok: true, data: {} }),
      (error: Error) =>
        this.#send({ response: true, id, ok: false, errorCode: 500, errorReason: error.message }),
    );
  }

  #settle({ id = -1, ok, data, errorReason = '' }: Frame): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ok) waiting?.resolve(data as never);
    else waiting?.reject(new Error(errorReason));
  }

  #closed(reason: string): void {
    const ended = new Error(`the server closed the connection: ${reason}`);
    this.#ended = ended;
    this.#welcomed.reject(ended);
    for (const { reject } of this.#waiting.values()) reject(ended);
    this.#waiting.clear();
    if (!this.#closing) this.onClosed(reason);
  }
}
