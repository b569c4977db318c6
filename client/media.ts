import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';
import { Audience } from './audience.ts';
import { backoffDelay, wait } from './backoff.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import type {
  ConsumerInfo,
  DataConsumerInfo,
  MethodName,
  MethodParams,
  MethodResult,
  NotificationData,
} from './protocol.ts';
import { type Direction, type ProducerBeginning, type TransportOptions, Transports } from './transports.ts';

export interface MediaOptions extends TransportOptions {
  /** Nothing is sent at first. */
  readonly audience?: boolean;
  /** Replaces the browser's WebRTC, e.g. in tests. */
  readonly handlerFactory?: types.HandlerFactory;
}

export interface MediaHost {
  onTransportState(media: Media, direction: Direction, state: types.ConnectionState): void;
  /** The server refused to connect a transport. */
  onTransportRefused(media: Media, transportId: string): void;
}

/** Delay between attempts to replace a transport. */
const rebuildBackoff = { first: 300, max: 8000 };

/** The media of one join: the device and its transports. A rejoin or a reconnect creates a new one. */
export class Media {
  readonly audience = new Audience();
  readonly #transports: Transports;
  /** How the tracks that are being produced begin; mediasoup-client's event does not say it. */
  readonly #beginnings = new WeakMap<object, ProducerBeginning>();
  #closed = false;

  private constructor(
    private readonly connection: Connection,
    readonly device: Device,
    options: MediaOptions,
    host: MediaHost,
  ) {
    const beginning = (appData: object) => this.#beginnings.get(appData) ?? { paused: false };
    this.#transports = new Transports(connection, device, options, {
      onTransportState: (direction, state) => host.onTransportState(this, direction, state),
      onTransportRefused: (transportId) => host.onTransportRefused(this, transportId),
      beginning,
      onDataProduced: (id, ready) => this.audience.produced(id, ready),
    });
  }

  /** Loads the device and opens both transports; with the server's `welcome` that needs no request. */
  static async open(
    connection: Connection,
    options: MediaOptions,
    host: MediaHost,
    loaded?: Device,
  ): Promise<Media> {
    const { handlerFactory } = options;
    const device = loaded ?? (await Device.factory(handlerFactory ? { handlerFactory } : {}));
    const media = new Media(connection, device, options, host);
    try {
      const welcome = connection.takeWelcome();
      if (welcome && !loaded) await media.#openWelcomed(welcome);
      else await media.#openAsking({ load: loaded === undefined, send: !options.audience });
      return media;
    } catch (error) {
      media.close();
      throw error;
    }
  }

  /** Bytes that one message of a data channel may have; undefined before there is a transport. */
  get maxMessageSize(): number | undefined {
    return this.#transports.maxMessageSize;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether that connection carries its requests. */
  isOver(connection: Connection): boolean {
    return connection === this.connection;
  }

  transport(direction: Direction): types.Transport | undefined {
    return this.#transports.get(direction);
  }

  async transportStats(direction: Direction): Promise<RTCStatsReport | undefined> {
    const transport = this.transport(direction);
    return transport && !transport.closed ? await transport.getStats() : undefined;
  }

  request<N extends MethodName>(method: N, data: MethodParams<N>): Promise<MethodResult<N>> {
    if (this.#closed) return Promise.reject(new ClientError('gone', 'the media was rebuilt; try again'));
    return this.connection.request(method, data);
  }

  /** Sends a track. */
  async produce(options: types.ProducerOptions, beginning: ProducerBeginning): Promise<types.Producer> {
    const appData = { ...options.appData };
    this.#beginnings.set(appData, beginning);
    const send = await this.#transports.need('send');
    try {
      return await send.produce({ ...options, appData });
    } catch (error) {
      if (error instanceof ClientError || !options.encodings) throw error;
      // Some encoders do not support temporal layers: try without them.
      const encodings = options.encodings.map(({ scalabilityMode: _, ...encoding }) => encoding);
      return await send.produce({ ...options, encodings, appData });
    }
  }

  async produceData(options: types.DataProducerOptions): Promise<types.DataProducer> {
    const send = await this.#transports.need('send');
    return await send.produceData(options);
  }

  async consume(info: ConsumerInfo): Promise<types.Consumer> {
    const { id, producerId, kind, appData, peerId } = info;
    const rtpParameters = info.rtpParameters as types.RtpParameters;
    // Tracks that share a stream id are played in sync.
    const streamId = `${peerId}-${appData.share || appData.source === 'screen' ? 'screen' : 'camera'}`;
    const options = { id, producerId, kind, rtpParameters, streamId, appData };
    return await this.#receiving(info.transportId).consume(options);
  }

  async consumeData(info: DataConsumerInfo): Promise<types.DataConsumer> {
    const { id, dataProducerId, sctpStreamParameters, label, protocol, appData } = info;
    const options = { id, dataProducerId, sctpStreamParameters, label, protocol, appData };
    const dataConsumer = await this.#receiving(info.transportId).consumeData(options);
    dataConsumer.binaryType = 'arraybuffer';
    return dataConsumer;
  }

  /** The direction of that transport if it is one of these. */
  directionOf(transportId: string): Direction | undefined {
    return this.#transports.directionOf(transportId);
  }

  /** The server closed the transport of that direction. */
  lost(direction: Direction): void {
    this.#transports.lost(direction);
  }

  /** Replaces a lost transport. Retries until the media is closed. */
  async rebuild(direction: Direction): Promise<void> {
    for (let attempt = 0; !this.#closed; attempt += 1) {
      const rebuilt = await this.#transports.rebuild(direction).then(
        () => true,
        () => false,
      );
      if (rebuilt) return;
      await wait(backoffDelay(rebuildBackoff, attempt));
    }
  }

  /** Whether a transport has lost its path to the server. */
  get broken(): boolean {
    return this.#transports.broken.length > 0;
  }

  /** Requests new ICE credentials and applies them; media keeps flowing. */
  async restartIce(): Promise<void> {
    await this.#transports.restartIce();
  }

  /** Restarts ICE where the path is broken. */
  mendIce(): void {
    this.#transports.mendIce();
  }

  close(): void {
    this.#closed = true;
    this.#transports.close();
  }

  async #openWelcomed(welcome: NotificationData<'welcome'>): Promise<void> {
    const { routerRtpCapabilities, sendTransport, recvTransport } = welcome;
    await this.#load(routerRtpCapabilities);
    if (sendTransport) this.#transports.build('send', sendTransport);
    if (recvTransport) this.#transports.build('recv', recvTransport);
  }

  /** Sends all requests to the server at once. */
  async #openAsking({ load, send: sends }: { load: boolean; send: boolean }): Promise<void> {
    const [capabilities, send, recv] = await Promise.all([
      load ? this.connection.request('getRouterRtpCapabilities', {}) : undefined,
      sends ? this.#transports.ask('send') : undefined,
      this.#transports.ask('recv'),
    ]);
    if (capabilities) await this.#load(capabilities);
    if (send) this.#transports.build('send', send);
    this.#transports.build('recv', recv);
  }

  async #load(capabilities: MethodResult<'getRouterRtpCapabilities'>): Promise<void> {
    // The server may offer header extensions that the library's types do not have; the library ignores them.
    await this.device.load({ routerRtpCapabilities: capabilities as types.RtpCapabilities });
  }

  #receiving(transportId: string): types.Transport {
    const transport = this.#transports.get('recv');
    if (transport?.id !== transportId) throw new ClientError('not_found', 'this transport was replaced');
    return transport;
  }
}

/**
 * Asks the server over the media that is in use. One from which the call is just moving to another server carries out nothing any
 * more: then that one is asked.
 */
export function requestOver(require: () => Media, inUse: () => Media | undefined) {
  return <N extends MethodName>(method: N, data: MethodParams<N>): Promise<MethodResult<N>> => {
    const media = require();
    return media.request(method, data).catch((error: unknown) => {
      const isGone = error instanceof ClientError && error.code === 'gone';
      const next = inUse();
      if (!isGone || !next || next === media) throw error;
      return next.request(method, data);
    });
  };
}
