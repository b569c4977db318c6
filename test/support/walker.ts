import type { Server } from '../../src/app/server.ts';
import { receivesOpusAndVp8 } from './rtp.ts';
import { Refused, SignalingClient } from './signaling-client.ts';
import { audioTrack, dataChannel, videoTrack } from './world.ts';

type Fields = Record<string, unknown>;

/** Something that a walker receives, as it was told of it. */
export interface Received {
  readonly peerId: string;
  readonly producerId: string;
  /** Whether the sender paused. */
  paused: boolean;
  /** Whether this walker paused it itself. */
  held: boolean;
}

/** What may be refused when others act at the same moment; anything else is a fault. */
const lostRaces = new Set(['not_found', 'gone', 'wrong_state', 'worker_unavailable']);

export interface WalkerOptions {
  server: Pick<Server, 'port'>;
  roomId: string;
  peerId: string;
  token?: string;
  fast: boolean;
  /** Gives an SSRC that nobody used before, and as many free ones after it as a track needs. */
  ssrc: () => number;
}

/**
 * One connection of a peer in a random walk, with the picture of the room that its client has by what it was told. It
 * checks every message against that picture and keeps what is wrong in `faults`. On `rejoin` it builds its media anew.
 */
export class Walker {
  readonly peers = new Set<string>();
  readonly media = new Map<string, Received>();
  readonly data = new Map<string, Received>();
  readonly producers = new Map<string, { paused: boolean }>();
  readonly dataProducers = new Set<string>();
  /** Producers whose consumers it closed: they are not offered again. */
  readonly declined = new Set<string>();
  readonly transports = new Set<string>();
  readonly faults: string[] = [];
  #client!: SignalingClient;
  #sendTransport = '';
  #recvTransport = '';
  #streams = 0;
  /** How often the server took everything away. */
  #losses = 0;
  #joining = false;
  #building = false;
  #ready: Promise<void> = Promise.resolve();

  private constructor(private readonly options: WalkerOptions) {}

  /** Connects and joins. */
  static async enter(options: WalkerOptions): Promise<Walker> {
    const { server, roomId, peerId, token, fast } = options;
    const walker = new Walker(options);
    const path = fast ? '/signaling?fast=1&' : '/signaling';
    const client = await SignalingClient.connect({ server, roomId, peerId, token, path });
    walker.#client = client;
    for (const { method, data } of client.events) walker.#told(method, data);
    client.socket.addEventListener('message', ({ data }) => walker.#received(JSON.parse(String(data))));
    if (!walker.#building) walker.#ready = walker.#build();
    await walker.settled();
    return walker;
  }

  get roomId(): string {
    return this.options.roomId;
  }

  get peerId(): string {
    return this.options.peerId;
  }

  get closed(): boolean {
    return this.#client.socket.readyState !== WebSocket.OPEN;
  }

  /** When its last connection to the room is complete, after all that was lost is built anew. */
  async settled(): Promise<void> {
    for (let ready = this.#ready; ; ready = this.#ready) {
      await ready;
      if (ready === this.#ready) return;
    }
  }

  /** Asks after what is being built anew is there. @returns undefined when it lost a race */
  async ask(method: string, data: Fields = {}): Promise<Fields | undefined> {
    await this.settled();
    return await this.#ask(method, data);
  }

  async publish(kind: 'audio' | 'video', paused: boolean): Promise<void> {
    const ssrc = this.options.ssrc();
    await this.settled();
    const track =
      kind === 'audio' ? audioTrack(this.#sendTransport, ssrc) : videoTrack(this.#sendTransport, ssrc);
    const losses = this.#losses;
    const reply = await this.#ask('produce', { ...track, paused, appData: { owner: this.#owner } });
    if (reply && losses === this.#losses) this.producers.set(String(reply.id), { paused });
  }

  async publishData(): Promise<void> {
    await this.settled();
    const losses = this.#losses;
    this.#streams += 1;
    const channel = { ...dataChannel(this.#sendTransport, this.#streams), appData: { owner: this.#owner } };
    const reply = await this.#ask('produceData', channel);
    if (reply && losses === this.#losses) this.dataProducers.add(String(reply.id));
  }

  async closeProducer(producerId: string): Promise<void> {
    if (await this.ask('closeProducer', { producerId })) this.producers.delete(producerId);
  }

  async holdProducer(producerId: string, paused: boolean): Promise<void> {
    const producer = this.producers.get(producerId);
    const done = await this.ask(paused ? 'pauseProducer' : 'resumeProducer', { producerId });
    if (producer && done) producer.paused = paused;
  }

  async closeConsumer(consumerId: string): Promise<void> {
    const received = this.media.get(consumerId);
    if (!(await this.ask('closeConsumer', { consumerId })) || !received) return;
    if (this.media.delete(consumerId)) this.declined.add(received.producerId);
  }

  async holdConsumer(consumerId: string, held: boolean): Promise<void> {
    const received = this.media.get(consumerId);
    if ((await this.ask(held ? 'pauseConsumer' : 'resumeConsumer', { consumerId })) && received)
      received.held = held;
  }

  /** Leaves in one of the ways in which clients leave. */
  async leave(how: 'leave' | 'close' | 'cut'): Promise<void> {
    if (how === 'leave') await this.#ask('leaveCall', {});
    else if (how === 'close') this.#client.socket.close();
    else (this.#client.socket as WebSocket & { terminate(): void }).terminate();
    await this.#client.closed;
  }

  /** How it ended, once it did. */
  get end(): Promise<{ code: number; reason: string }> {
    return this.#client.closed;
  }

  get #owner(): string {
    return `${this.options.roomId}/${this.peerId}`;
  }

  async #ask(method: string, data: Fields): Promise<Fields | undefined> {
    if (this.closed) return undefined;
    try {
      return (await this.#client.ask(method, data)) as Fields;
    } catch (error) {
      if (!(error instanceof Refused)) return undefined;
      if (!lostRaces.has(error.code)) this.#fault(`${method} was refused: ${error.errorReason}`);
      return undefined;
    }
  }

  /** Goes through the order of a call until nothing is lost on the way. */
  async #build(): Promise<void> {
    this.#building = true;
    for (let losses = -1; losses !== this.#losses && !this.closed; ) {
      losses = this.#losses;
      await this.#buildOnce(losses);
    }
    this.#building = false;
  }

  async #buildOnce(losses: number): Promise<void> {
    const first = losses === 0 && this.options.fast;
    if (first) await this.#client.waitFor('welcome').catch(() => {});
    else {
      this.#sendTransport = await this.#openTransport({ producing: true }, losses);
      this.#recvTransport = await this.#openTransport({ consuming: true }, losses);
    }
    if (losses !== this.#losses) return;
    this.#joining = true;
    const joined = await this.#ask('join', { displayName: this.peerId, rtpCapabilities: receivesOpusAndVp8 });
    this.#joining = false;
    if (!joined || losses !== this.#losses) return;
    const consumers = (joined.consumers ?? []) as { id: string }[];
    if (consumers.length > 0)
      await this.#ask('resumeConsumers', { consumerIds: consumers.map(({ id }) => id) });
  }

  /** The answer may be `gone` when a worker has just died: then it is asked again, as a client would. */
  async #openTransport(data: Fields, losses: number): Promise<string> {
    for (let attempt = 0; attempt < 100 && !this.closed && losses === this.#losses; attempt += 1) {
      const reply = await this.#ask('createWebRtcTransport', data);
      if (!reply) continue;
      const id = String(reply.id);
      // An answer that comes after `rejoin` is of the time after it, and the transport is there.
      this.transports.add(id);
      return id;
    }
    return '';
  }

  #received(frame: { method?: string; data?: Fields; response?: boolean }): void {
    if (frame.method) this.#told(frame.method, frame.data ?? {});
    else if (frame.response && Array.isArray(frame.data?.peers)) this.#joined(frame.data);
  }

  #joined({ peers, consumers = [] }: Fields): void {
    for (const { id } of peers as { id: string }[]) {
      this.#mayBeTold(id);
      this.peers.add(id);
    }
    for (const consumer of consumers as Fields[]) this.#offered(this.media, consumer);
  }

  #told(method: string, data: Fields): void {
    const handler = Walker.#handlers[method];
    if (handler) handler(this, data);
    else this.#fault(`it was told ${method} ${JSON.stringify(data)}`);
  }

  #fault(what: string): void {
    this.faults.push(`${this.#owner}: ${what}`);
  }

  /** A peer of another room, or itself, is nothing that it should hear of. */
  #mayBeTold(peerId: unknown): void {
    const room = this.options.roomId;
    if (!String(peerId).startsWith(`${room}:`))
      this.#fault(`it was told of ${peerId}, who is not in ${room}`);
    if (peerId === this.peerId) this.#fault('it was told of itself');
  }

  #offered(into: Map<string, Received>, data: Fields): void {
    const [id, peerId] = [String(data.id), String(data.peerId)];
    const producerId = String(data.producerId ?? data.dataProducerId);
    this.#mayBeTold(peerId);
    if (!this.#joining && !this.peers.has(peerId))
      this.#fault(`it was offered something of ${peerId}, whom it does not know`);
    if ((data.appData as Fields).owner !== `${this.options.roomId}/${peerId}`)
      this.#fault(`it was offered something of ${(data.appData as Fields).owner} as of ${peerId}`);
    if (data.transportId !== this.#recvTransport)
      this.#fault(`it was offered something on ${data.transportId}`);
    if ([...into.values()].some((received) => received.producerId === producerId))
      this.#fault(`it was offered ${producerId} of ${peerId} a second time`);
    into.set(id, { peerId, producerId, paused: data.producerPaused === true, held: false });
  }

  /** What it has by this id. While it joins fast, the reply that names it is still to come. */
  #own<T>(own: ReadonlyMap<string, T>, id: unknown, what: string): T | undefined {
    const found = own.get(String(id));
    if (!found && !this.#joining) this.#fault(`it was told ${what} of ${id}, which it does not have`);
    return found;
  }

  #lost(): void {
    this.#losses += 1;
    for (const own of [this.peers, this.media, this.data, this.producers, this.dataProducers, this.declined])
      own.clear();
    this.transports.clear();
    this.#streams = 0;
    if (!this.#building) this.#ready = this.#build();
  }

  /** What each message of the server means to it. Any other message is a fault. */
  static readonly #handlers: Record<string, (walker: Walker, data: Fields) => void> = {
    'mediasoup-version': () => {},
    mediasoupVersion: () => {},
    welcome: (walker, data) => {
      const { sendTransport, recvTransport, peers } = data as Record<
        'sendTransport' | 'recvTransport',
        { id: string }
      > & {
        peers: { id: string }[];
      };
      walker.#sendTransport = sendTransport.id;
      walker.#recvTransport = recvTransport.id;
      walker.transports.add(sendTransport.id).add(recvTransport.id);
      for (const { id } of peers) walker.#mayBeTold(id);
    },
    newPeer: (walker, { id }) => {
      walker.#mayBeTold(id);
      if (walker.peers.has(String(id))) walker.#fault(`it was told twice that ${id} came`);
      walker.peers.add(String(id));
    },
    peerClosed: (walker, { peerId }) => {
      if (!walker.peers.delete(String(peerId)) && !walker.#joining)
        walker.#fault(`it was told that ${peerId} left, whom it does not know`);
    },
    peerLeft: (walker, { peerId }) => {
      if (walker.peers.has(String(peerId))) walker.#fault(`peerLeft came before peerClosed for ${peerId}`);
    },
    peerDisplayNameChanged: (walker, { peerId }) => {
      if (!walker.peers.has(String(peerId)) && !walker.#joining)
        walker.#fault(`${peerId} changed its name, whom it does not know`);
    },
    // It may come before the reply that names the data producer, so nothing can be said of the id.
    dataProducerReady: () => {},
    newConsumer: (walker, data) => walker.#offered(walker.media, data),
    newDataConsumer: (walker, data) => walker.#offered(walker.data, data),
    consumerPaused: (walker, { consumerId }) => {
      const received = walker.#own(walker.media, consumerId, 'consumerPaused');
      if (received) received.paused = true;
    },
    consumerResumed: (walker, { consumerId }) => {
      const received = walker.#own(walker.media, consumerId, 'consumerResumed');
      if (received) received.paused = false;
    },
    consumerScore: (walker, { consumerId }) => void walker.#own(walker.media, consumerId, 'consumerScore'),
    consumerClosed: (walker, { consumerId }) => {
      if (walker.#own(walker.media, consumerId, 'consumerClosed')) walker.media.delete(String(consumerId));
    },
    dataConsumerClosed: (walker, { dataConsumerId }) => {
      if (walker.#own(walker.data, dataConsumerId, 'dataConsumerClosed'))
        walker.data.delete(String(dataConsumerId));
    },
    // Only the end of a transport ends a producer without its owner here, and the reply that names it may be on its way.
    producerClosed: (walker, { producerId }) => void walker.producers.delete(String(producerId)),
    dataProducerClosed: (walker, { dataProducerId }) =>
      void walker.dataProducers.delete(String(dataProducerId)),
    transportClosed: (walker, { transportId, reason }) => {
      if (reason !== 'rejoin' && reason !== 'router_closed') walker.#fault(`its transport ended: ${reason}`);
      walker.transports.delete(String(transportId));
    },
    rejoin: (walker) => walker.#lost(),
  };
}
