import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { keepIce } from './ice-keeper.ts';
import type { ConsumerInfo, DataConsumerInfo, MethodName, MethodParams, MethodResult } from './protocol.ts';

export interface MediaOptions {
  /** Used instead of, or before, what the server hands out. */
  readonly iceServers?: RTCIceServer[];
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** TCP only, for networks that are known to drop UDP. */
  readonly forceTcp?: boolean;
  /** Replaces the browser's WebRTC, e.g. in tests. */
  readonly handlerFactory?: types.HandlerFactory;
}

/** When the media path broke the signaling path may have, too: it is given up sooner than otherwise, in milliseconds. */
const restartPatience = 5000;

export type Direction = 'send' | 'recv';

/** What the owner of the media is told. */
export interface MediaHost {
  onTransportState(direction: Direction, state: types.ConnectionState): void;
}

/**
 * The media of one join: the device, a transport to send and one to receive. After a rejoin or a reconnect there is
 * another one; nothing of the old one can reach into it.
 */
export class Media {
  readonly #transports: Partial<Record<Direction, types.Transport>> = {};
  /** Which of the tracks that are being produced begin muted: mediasoup-client's event does not say. */
  readonly #beginPaused = new WeakSet<object>();
  #closed = false;

  private constructor(
    private readonly connection: Connection,
    readonly device: Device,
    private readonly options: MediaOptions,
    private readonly host: MediaHost,
  ) {}

  /** Loads the device and opens both transports, with all questions to the server on their way at once. */
  static async open(
    connection: Connection,
    options: MediaOptions,
    host: MediaHost,
    loaded?: Device,
  ): Promise<Media> {
    const device = loaded ?? (await Device.factory(deviceOptions(options)));
    const media = new Media(connection, device, options, host);
    try {
      const replies = Promise.all([media.#ask('send'), media.#ask('recv')]);
      const [capabilities] = await Promise.all([
        loaded ? undefined : connection.request('getRouterRtpCapabilities', {}),
        replies,
      ]);
      // The server may know header extensions that this library's types do not name; it skips them.
      if (capabilities) await device.load({ routerRtpCapabilities: capabilities as types.RtpCapabilities });
      const [send, recv] = await replies;
      media.#build('send', send);
      media.#build('recv', recv);
      return media;
    } catch (error) {
      media.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether media can flow in that direction now. */
  transport(direction: Direction): types.Transport | undefined {
    return this.#transports[direction];
  }

  request<N extends MethodName>(method: N, data: MethodParams<N>): Promise<MethodResult<N>> {
    if (this.#closed) return Promise.reject(new ClientError('gone', 'the media was built anew meanwhile'));
    return this.connection.request(method, data);
  }

  /** Sends a track. `paused` is what the server is told it begins with. */
  async produce(options: types.ProducerOptions, paused: boolean): Promise<types.Producer> {
    const appData = { ...options.appData };
    if (paused) this.#beginPaused.add(appData);
    const send = this.#need('send');
    try {
      return await send.produce({ ...options, appData });
    } catch (error) {
      if (error instanceof ClientError || !options.encodings) throw error;
      // Some encoders know no temporal layers: better without them than not at all.
      const encodings = options.encodings.map(({ scalabilityMode: _, ...encoding }) => encoding);
      return await send.produce({ ...options, encodings, appData });
    }
  }

  async produceData(options: types.DataProducerOptions): Promise<types.DataProducer> {
    return await this.#need('send').produceData(options);
  }

  async consume(info: ConsumerInfo): Promise<types.Consumer> {
    const { id, producerId, kind, appData, peerId } = info;
    const rtpParameters = info.rtpParameters as types.RtpParameters;
    // One stream for all tracks of a peer's source keeps a voice in step with its picture.
    const streamId = `${peerId}-${appData.share || appData.source === 'screen' ? 'screen' : 'camera'}`;
    return await this.#receiving(info.transportId).consume({
      id,
      producerId,
      kind,
      rtpParameters,
      streamId,
      appData,
    });
  }

  async consumeData(info: DataConsumerInfo): Promise<types.DataConsumer> {
    const { id, dataProducerId, sctpStreamParameters, label, protocol, appData } = info;
    const options = { id, dataProducerId, sctpStreamParameters, label, protocol, appData };
    const dataConsumer = await this.#receiving(info.transportId).consumeData(options);
    dataConsumer.binaryType = 'arraybuffer';
    return dataConsumer;
  }

  /** The server closed that transport. @returns its direction if it was one of these */
  lost(transportId: string): Direction | undefined {
    const direction = (['send', 'recv'] as const).find((name) => this.#transports[name]?.id === transportId);
    if (!direction) return undefined;
    this.#transports[direction]?.close();
    delete this.#transports[direction];
    return direction;
  }

  /** Opens a transport in place of a lost one. */
  async rebuild(direction: Direction): Promise<void> {
    const info = await this.#ask(direction);
    if (!this.#closed) this.#build(direction, info);
  }

  /** Asks for new ICE credentials and applies them; media goes on meanwhile. */
  async restartIce(): Promise<void> {
    await Promise.all(Object.values(this.#transports).map((transport) => this.#restart(transport)));
  }

  close(): void {
    this.#closed = true;
    for (const transport of Object.values(this.#transports)) transport.close();
  }

  #need(direction: Direction): types.Transport {
    const transport = this.#transports[direction];
    if (!transport) throw new ClientError('gone', 'the transport was closed; a new one is on its way');
    return transport;
  }

  #receiving(transportId: string): types.Transport {
    const transport = this.#need('recv');
    if (transport.id !== transportId) throw new ClientError('not_found', 'this transport was replaced');
    return transport;
  }

  #ask(direction: Direction) {
    const { forceTcp = false } = this.options;
    const producing = direction === 'send';
    return this.connection.request('createWebRtcTransport', { producing, consuming: !producing, forceTcp });
  }

  #build(direction: Direction, info: MethodResult<'createWebRtcTransport'>): void {
    const { iceServers = info.iceServers, iceTransportPolicy } = this.options;
    const options = { ...info, iceServers: iceServers as RTCIceServer[] | undefined, iceTransportPolicy };
    const { device } = this;
    const transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    this.#transports[direction] = transport;
    this.#wire(transport);
    keepIce({
      transport,
      restart: () => this.#restart(transport),
      onState: (state) => this.host.onTransportState(direction, state),
    });
  }

  #wire(transport: types.Transport): void {
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      this.request('connectWebRtcTransport', { transportId, dtlsParameters }).then(done, failed);
    });
    transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      const paused = this.#beginPaused.has(appData);
      this.request('produce', { transportId, kind, rtpParameters, appData, paused }).then(done, failed);
    });
    transport.on('producedata', ({ sctpStreamParameters, ...rest }, done, failed) => {
      const { streamId = 0 } = sctpStreamParameters;
      const data = { transportId, ...rest, sctpStreamParameters: { ...sctpStreamParameters, streamId } };
      this.request('produceData', data).then(done, failed);
    });
  }

  async #restart(transport: types.Transport): Promise<void> {
    const { usernameFragment, password, iceLite } = await this.connection.request(
      'restartIce',
      { transportId: transport.id },
      restartPatience,
    );
    await transport.restartIce({ iceParameters: { usernameFragment, password, iceLite } });
  }
}

function deviceOptions({ handlerFactory }: MediaOptions): types.DeviceOptions {
  return handlerFactory ? { handlerFactory } : {};
}
