import { type Consumer, type Peer, type Producer, Room, type Transport } from 'mediasoup-client-2';
import { Peer as Protoo, WebSocketTransport } from 'protoo-client';

/**
 * An application of its time, for the tests: mediasoup-client 2.4.12 as it is on npm, and what its users wrote around it.
 * It is bundled into a page.
 */

type Fields = Record<string, unknown>;

/** Carries the messages of a room to the server and back. */
interface Line {
  request(message: Fields): Promise<Fields>;
  notify(message: Fields): void;
  close(): void;
}

/** As the demo did: everything in requests of protoo, in both directions. */
function protooLine(address: string, room: () => Room): Promise<Line> {
  const protoo = new Protoo(new WebSocketTransport(address, { retry: { retries: 0 } }));
  protoo.on('request', ({ data }, accept) => {
    accept();
    void room().receiveNotification(data);
  });
  const line: Line = {
    request: (message) => protoo.request('mediasoup-request', message),
    notify: (message) => void protoo.request('mediasoup-notification', message).catch(() => {}),
    close: () => protoo.close(),
  };
  return new Promise((resolve) => protoo.on('open', () => resolve(line)));
}

/** As an application with a socket of its own does it. */
async function bareLine(address: string, room: () => Room, ended: (end: CloseEvent) => void): Promise<Line> {
  const socket = new WebSocket(address, 'mediasoup-v2');
  const pending = new Map<number, PromiseWithResolvers<Fields>>();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.notification) return void room().receiveNotification(message);
    const waiting = pending.get(message.id);
    if (message.error) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.response);
  };
  socket.onclose = ended;
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  let id = 0;
  return {
    request: (request) => {
      id += 1;
      const waiting = Promise.withResolvers<Fields>();
      pending.set(id, waiting);
      socket.send(JSON.stringify({ id, request }));
      return waiting.promise;
    },
    notify: (message) => socket.send(JSON.stringify(message)),
    close: () => socket.close(),
  };
}

/** What happens to the application, in words, for tests to wait for. */
export type Happening = string;

export class Application {
  readonly happened: Happening[] = [];
  readonly producers: Partial<Record<'audio' | 'video', Producer>> = {};
  readonly consumers: Consumer[] = [];
  readonly room = new Room();
  #sending: Transport | undefined;
  #receiving: Transport | undefined;

  private constructor(private readonly line: Promise<Line>) {
    this.room.on('request', (request, callback, errback) => {
      line.then(({ request: ask }) => ask(request)).then(callback, errback);
    });
    this.room.on('notify', (message) => void line.then(({ notify }) => notify(message)));
    this.room.on('newpeer', (peer) => this.#handlePeer(peer));
    this.room.on('close', (originator, appData) =>
      this.happened.push(`room closed: ${originator} ${JSON.stringify(appData)}`),
    );
  }

  /** Opens a connection, joins, and receives everything. */
  static async join(options: { room: string; name: string; form: 'bare' | 'protoo' }): Promise<Application> {
    const { room, name, form } = options;
    const query = new URLSearchParams({ roomId: room, peerName: name });
    const address = `ws://${location.host}/v2?${query}`;
    let application: Application | undefined;
    const current = () => {
      if (!application) throw new Error('a notification came before the room was there');
      return application.room;
    };
    const ended = ({ code, reason }: CloseEvent) =>
      void application?.happened.push(`socket closed: ${code} ${reason}`);
    const line = form === 'bare' ? bareLine(address, current, ended) : protooLine(address, current);
    application = new Application(line);
    await application.#join(name);
    return application;
  }

  async #join(name: string): Promise<void> {
    const peers = await this.room.join(name, { displayName: name, favourite: 'tea' });
    this.#sending = this.room.createTransport('send');
    this.#receiving = this.room.createTransport('recv');
    for (const peer of peers) this.#handlePeer(peer);
  }

  /** Sends the camera and the microphone. */
  async send({ simulcast = false } = {}): Promise<void> {
    const camera = await navigator.mediaDevices.getUserMedia({ video: true });
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of [...microphone.getAudioTracks(), ...camera.getVideoTracks()]) {
      const kind = track.kind as 'audio' | 'video';
      const source = kind === 'audio' ? 'mic' : 'webcam';
      const producer = this.room.createProducer(
        track,
        { simulcast: simulcast && kind === 'video' },
        { source },
      );
      this.producers[kind] = producer;
      for (const event of ['pause', 'resume', 'close'])
        producer.on(event, (originator: string) => this.happened.push(`own ${kind} ${event}: ${originator}`));
      producer.on('stats', () => this.happened.push(`own ${kind} stats`));
      await producer.send(this.#sending as Transport);
    }
  }

  leave(appData: unknown): void {
    this.room.leave(appData);
    void this.line.then(({ close }) => setTimeout(close, 200));
  }

  consumer(kind: 'audio' | 'video'): Consumer | undefined {
    return this.consumers.find((consumer) => consumer.kind === kind && !consumer.closed);
  }

  enableTransportStats(): void {
    this.#receiving?.on('stats', () => this.happened.push('transport stats'));
    this.#receiving?.enableStats(1000);
  }

  #handlePeer(peer: Peer): void {
    this.happened.push(`peer ${peer.name}: ${JSON.stringify(peer.appData)}`);
    peer.on('close', (originator: string, appData: unknown) =>
      this.happened.push(`peer ${peer.name} closed: ${originator} ${JSON.stringify(appData)}`),
    );
    for (const consumer of peer.consumers) this.#handleConsumer(peer, consumer);
    peer.on('newconsumer', (consumer: Consumer) => this.#handleConsumer(peer, consumer));
  }

  #handleConsumer({ name }: Peer, consumer: Consumer): void {
    const { kind } = consumer;
    this.consumers.push(consumer);
    this.happened.push(`${kind} of ${name}: ${JSON.stringify(consumer.appData)}`);
    for (const event of ['pause', 'resume', 'close'])
      consumer.on(event, (originator: string, appData: unknown) =>
        this.happened.push(`${kind} of ${name} ${event}: ${originator} ${JSON.stringify(appData)}`),
      );
    consumer.on('effectiveprofilechange', (profile: string) =>
      this.happened.push(`${kind} of ${name} profile: ${profile}`),
    );
    consumer.on('stats', () => this.happened.push(`${kind} of ${name} stats`));
    void consumer.receive(this.#receiving as Transport).then((track) => {
      const element = document.createElement(kind);
      element.srcObject = new MediaStream([track]);
      element.autoplay = true;
      document.body.append(element);
    });
  }
}

Object.assign(window, { Application });
