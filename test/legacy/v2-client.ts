import type { Server } from '../../src/app/server.ts';
import type { MessageName } from '../../src/legacy/messages/index.ts';
import type { NotificationData, NotificationName } from '../../src/legacy/notifications.ts';
import { EventLog } from '../support/event-log.ts';
import { dtlsOf } from '../support/rtp.ts';
import { socketUrl } from '../support/server.ts';

type Fields = Record<string, unknown>;

/** How the client puts its messages into frames. */
export type Form = 'bare' | 'protoo requests' | 'protoo notifications';

export interface V2Options {
  server: Pick<Server, 'port'>;
  roomId?: string;
  peerId?: string;
  token?: string;
  form?: Form;
  query?: string;
}

/** What the server answered to a request that it refused: the stable code and the sentence. */
export class V2Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Pending {
  readonly resolve: (data: Fields) => void;
  readonly reject: (error: Error) => void;
}

/** A bare client of the old protocol: it speaks the messages and nothing of media. */
export class V2Client extends EventLog {
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Responses to what this client did not ask in the usual way. */
  readonly strays: Fields[] = [];
  /** Requests of the server that this client answered. */
  answered = 0;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(
    readonly socket: WebSocket,
    private readonly form: Form,
  ) {
    super();
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        const end = `closed with ${code} ${reason}`;
        for (const { reject } of this.#pending.values()) reject(new Error(end));
        this.#pending.clear();
        this.ended(end);
        resolve({ code, reason });
      });
    });
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Fields));
  }

  static async connect(options: V2Options): Promise<V2Client> {
    const { server, roomId, peerId, token, form = 'bare', query = '' } = options;
    const protocols = [form === 'bare' ? 'mediasoup-v2' : 'protoo'];
    if (token !== undefined) protocols.push(`bearer.${token}`);
    const url = `${socketUrl({ server, roomId, peerId, path: '/v2' })}${query}`;
    const client = new V2Client(new WebSocket(url, protocols), form);
    await new Promise<void>((resolve, reject) => {
      client.socket.addEventListener('open', () => resolve(), { once: true });
      client.socket.addEventListener('error', () => reject(new Error('the connection was refused')), {
        once: true,
      });
    });
    return client;
  }

  /** Sends a request. @throws V2Refused */
  request(method: MessageName, fields: Fields = {}): Promise<Fields> {
    const target = method === 'queryRoom' || method === 'join' ? 'room' : 'peer';
    return this.ask({ method, target, ...fields });
  }

  ask(message: unknown): Promise<Fields> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.send(
        this.form === 'bare'
          ? { id, request: message }
          : { request: true, id, method: 'mediasoup-request', data: message },
      );
    });
  }

  /** Sends a notification. What it is refused with comes as `notificationRefused`, whatever the form. */
  notify(method: MessageName, fields: Fields = {}): void {
    const message = { method, target: 'peer', notification: true, ...fields };
    if (this.form === 'bare') return this.send(message);
    if (this.form === 'protoo notifications')
      return this.send({ notification: true, method: 'mediasoup-notification', data: message });
    this.#lastId += 1;
    const id = this.#lastId;
    const reject = (error: Error) =>
      this.received('notificationRefused', { refused: method, reason: `${(error as V2Refused).code}: ` });
    this.#pending.set(id, { resolve: () => {}, reject });
    this.send({ request: true, id, method: 'mediasoup-notification', data: message });
  }

  /** The notifications of that name so far. */
  told<N extends NotificationName>(name: N): NotificationData<N>[] {
    return this.named(name) as NotificationData<N>[];
  }

  async tells<N extends NotificationName>(
    name: N,
    matches: (data: NotificationData<N>) => boolean = () => true,
  ): Promise<NotificationData<N>> {
    return (await this.waitFor(name, (data) => matches(data as NotificationData<N>))) as NotificationData<N>;
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #take(frame: Fields): void {
    const isMessage = this.form === 'bare' ? 'method' in frame : frame.method === 'mediasoup-notification';
    if (!isMessage) return this.#settle(frame);
    const { method, ...fields } = (this.form === 'bare' ? frame : frame.data) as Fields;
    if (frame.request === true) {
      this.answered += 1;
      this.send({ response: true, id: frame.id, ok: true, data: {} });
    }
    this.received(String(method), fields);
  }

  #settle(frame: Fields): void {
    const pending = this.#pending.get(Number(frame.id));
    this.#pending.delete(Number(frame.id));
    if (!pending) this.strays.push(frame);
    if (this.form === 'bare') {
      const { code = '', message = '' } = (frame.error ?? {}) as { code?: string; message?: string };
      if ('error' in frame) pending?.reject(new V2Refused(code, message));
      else pending?.resolve(frame.response as Fields);
      return;
    }
    const [code = '', ...sentence] = String(frame.errorReason).split(': ');
    if (frame.ok) pending?.resolve(frame.data as Fields);
    else pending?.reject(new V2Refused(code, sentence.join(': ')));
  }
}

/** A microphone or a camera, as mediasoup-client 2 describes it. */
export function v2Track(kind: 'audio' | 'video', ssrc: number): Fields {
  const audio = { name: 'opus', mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 };
  const video = { name: 'VP8', mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, rtcpFeedback: [] };
  return {
    kind,
    rtpParameters: {
      muxId: String(ssrc),
      codecs: [kind === 'audio' ? audio : video],
      headerExtensions: [],
      encodings: [{ ssrc }],
      rtcp: { cname: 'test', reducedSize: true, mux: true },
    },
    paused: false,
    appData: { source: kind === 'audio' ? 'mic' : 'webcam' },
  };
}

/** Connects and joins with what the room offers. @returns the client and the peers that it was answered with */
export async function joinV2(
  options: V2Options & { join?: Fields },
): Promise<{ client: V2Client; peers: Fields[] }> {
  const { peerId = 'alice', join = {} } = options;
  const client = await V2Client.connect({ ...options, peerId });
  const { rtpCapabilities } = await client.request('queryRoom');
  const { peers } = await client.request('join', { peerName: peerId, rtpCapabilities, ...join });
  return { client, peers: peers as Fields[] };
}

/** The number of the sending and of the receiving transport of `withTransports`. */
export const sending = 11_111_111;
export const receiving = 22_222_222;

/** As `joinV2`, with both transports, as the library opens them. */
export async function withTransports(options: V2Options & { join?: Fields }) {
  const joined = await joinV2(options);
  const { client } = joined;
  await client.request('createTransport', {
    ...{ id: sending, direction: 'send', options: {} },
    dtlsParameters: dtlsOf('server'),
  });
  await client.request('createTransport', { id: receiving, direction: 'recv', options: {} });
  return joined;
}
