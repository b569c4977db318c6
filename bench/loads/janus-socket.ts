const publisherTimeoutMs = 10_000;
const accepted = new Set(['ack', 'success', 'event', 'error']);

/** A session description, as Janus and browsers write it. */
export interface Jsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** What Janus answers, as far as it is read here. */
export interface JanusMessage {
  readonly janus: string;
  readonly transaction?: string;
  readonly sender?: number;
  readonly data?: { readonly id: number };
  readonly jsep?: Jsep;
  readonly plugindata?: {
    readonly data: {
      readonly error?: string;
      readonly participants?: readonly { readonly id: number; readonly publisher: boolean }[];
    };
  };
  readonly error?: { readonly reason: string };
}

/**
 * The part of Janus's WebSocket interface that its video rooms need (https://janus.conf.meetecho.com/docs/videoroom). It runs
 * in browsers as well.
 */
export class JanusSocket {
  readonly #waiting = new Map<string, (message: JanusMessage) => void>();
  #last = 0;
  #session: number | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as JanusMessage;
      if (message.transaction && accepted.has(message.janus))
        this.#waiting.get(message.transaction)?.(message);
    });
  }

  static async connect(url: string): Promise<JanusSocket> {
    const socket = new WebSocket(url, ['janus-protocol']);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error('Janus refused the connection')), {
        once: true,
      });
    });
    const janus = new JanusSocket(socket);
    janus.#session = (await janus.ask({ janus: 'create' })).data?.id;
    // Janus ends a session that is silent for a minute.
    setInterval(() => void janus.ask({ janus: 'keepalive' }), 20_000);
    return janus;
  }

  async attach(): Promise<number> {
    const { data } = await this.ask({ janus: 'attach', plugin: 'janus.plugin.videoroom' });
    if (!data) throw new Error('Janus gave no handle');
    return data.id;
  }

  /** Joins a room as a receiver of its publisher. @returns what Janus offers */
  async subscribe(handle: number, room: number): Promise<Jsep> {
    const feed = await this.#publisherIn(room);
    const streams = [{ feed }];
    const { jsep } = await this.plugin(handle, { request: 'join', ptype: 'subscriber', room, streams });
    if (!jsep) throw new Error('Janus made no offer');
    return jsep;
  }

  /** Waits for the publisher of a room, which is listed only once its media is connected. @returns its id */
  async #publisherIn(room: number): Promise<number> {
    const handle = await this.attach();
    const deadline = performance.now() + publisherTimeoutMs;
    while (performance.now() < deadline) {
      const { plugindata } = await this.plugin(handle, { request: 'listparticipants', room });
      const publisher = plugindata?.data.participants?.find((participant) => participant.publisher);
      if (publisher) return publisher.id;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('there is no publisher in the room');
  }

  /** Sends a message to the plugin and waits for its answer: some are events, which come after an ack. */
  plugin(handle: number, body: object, jsep?: Jsep): Promise<JanusMessage> {
    return this.ask({ janus: 'message', handle_id: handle, body, ...(jsep && { jsep }) }, 'event');
  }

  ask(request: object, until?: 'event'): Promise<JanusMessage> {
    this.#last += 1;
    const transaction = String(this.#last);
    return new Promise((resolve, reject) => {
      this.#waiting.set(transaction, (message) => {
        if (until === 'event' && message.janus === 'ack') return;
        this.#waiting.delete(transaction);
        const reason = message.error?.reason ?? message.plugindata?.data.error;
        if (reason) reject(new Error(`Janus refused: ${reason}`));
        else resolve(message);
      });
      const session = this.#session === undefined ? {} : { session_id: this.#session };
      this.socket.send(JSON.stringify({ ...request, ...session, transaction }));
    });
  }
}
