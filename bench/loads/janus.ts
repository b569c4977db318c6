import { RTCPeerConnection, type RTCSessionDescription } from 'werift';
import { StreamCounter } from '../load/counter.ts';
import { MediaSource } from '../load/source.ts';
import { configuration, MediaStreamTrack } from '../load/webrtc.ts';
import type { Receiver } from './gathering.ts';

const room = 1;
const publisherTimeoutMs = 10_000;
const accepted = new Set(['ack', 'success', 'event', 'error']);

interface Jsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

interface Message {
  readonly janus: string;
  readonly transaction?: string;
  readonly sender?: number;
  readonly data?: { readonly id: number };
  readonly jsep?: Jsep;
  readonly plugindata?: {
    readonly data: { readonly error?: string; readonly publishers?: readonly { id: number }[] };
  };
  readonly error?: { readonly reason: string };
}

/** The part of Janus's WebSocket interface that its video rooms need (https://janus.conf.meetecho.com/docs/videoroom). */
class JanusSocket {
  readonly #waiting = new Map<string, (message: Message) => void>();
  #last = 0;
  #session: number | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.transaction && accepted.has(message.janus))
        this.#waiting.get(message.transaction)?.(message);
    });
  }

  static async connect(port: number): Promise<JanusSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['janus-protocol']);
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

  /** Sends a message to the plugin and waits for its event, which comes after an ack. */
  plugin(handle: number, body: object, jsep?: Jsep): Promise<Message> {
    return this.ask({ janus: 'message', handle_id: handle, body, ...(jsep && { jsep }) }, 'event');
  }

  ask(request: object, until?: 'event'): Promise<Message> {
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

interface Participants {
  readonly participants?: readonly { readonly id: number; readonly publisher: boolean }[];
}

let shared: Promise<JanusSocket> | undefined;

/** One video room of Janus with a sender and receivers, over the same WebRTC as the peers of the load tester. */
export const JanusRoom = {
  async publish(port: number, videoBitrate: number): Promise<MediaSource> {
    const janus = await connection(port);
    const handle = await janus.attach();
    await janus.plugin(handle, { request: 'join', ptype: 'publisher', room });
    const connectionOf = new RTCPeerConnection(configuration());
    const track = new MediaStreamTrack({ kind: 'video' });
    const { sender } = connectionOf.addTransceiver(track, { direction: 'sendonly' });
    await connectionOf.setLocalDescription(await connectionOf.createOffer());
    const { jsep } = await janus.plugin(handle, { request: 'publish' }, description(connectionOf));
    if (!jsep) throw new Error('Janus did not answer the offer');
    await connectionOf.setRemoteDescription(jsep);
    const payloadType = sender.codec?.payloadType ?? 0;
    const source = new MediaSource({
      kind: 'video',
      bitrate: videoBitrate,
      payloadType,
      write: (packet) => track.writeRtp(packet),
    });
    sender.onPictureLossIndication.subscribe(() => source.wantKeyFrame());
    return source;
  },

  async subscribe(port: number): Promise<Receiver> {
    const janus = await connection(port);
    const handle = await janus.attach();
    const feed = await firstPublisher(janus);
    const { jsep } = await janus.plugin(handle, {
      request: 'join',
      ptype: 'subscriber',
      room,
      streams: [{ feed }],
    });
    if (!jsep) throw new Error('Janus made no offer');
    const connectionOf = new RTCPeerConnection(configuration());
    const counter = new StreamCounter();
    connectionOf.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ header, payload }) =>
        counter.count(header.sequenceNumber, payload.length),
      );
    });
    await connectionOf.setRemoteDescription(jsep);
    await connectionOf.setLocalDescription(await connectionOf.createAnswer());
    await janus.plugin(handle, { request: 'start' }, description(connectionOf));
    return { counters: [counter], close: () => void connectionOf.close() };
  },
};

function connection(port: number): Promise<JanusSocket> {
  shared ??= JanusSocket.connect(port);
  return shared;
}

/** Waits for the publisher of the room, which is listed only once its media is connected. */
async function firstPublisher(janus: JanusSocket): Promise<number> {
  const handle = await janus.attach();
  const body = { request: 'listparticipants', room };
  const deadline = performance.now() + publisherTimeoutMs;
  while (performance.now() < deadline) {
    const { plugindata } = await janus.ask({ janus: 'message', handle_id: handle, body });
    const { participants } = (plugindata?.data ?? {}) as Participants;
    const publisher = participants?.find((participant) => participant.publisher);
    if (publisher) return publisher.id;
    await Bun.sleep(50);
  }
  throw new Error('there is no publisher in the room');
}

function description(connectionOf: RTCPeerConnection): Jsep {
  const local = connectionOf.localDescription as RTCSessionDescription;
  return { type: local.type, sdp: local.sdp } as Jsep;
}
