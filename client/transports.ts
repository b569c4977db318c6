import type { Device, types } from 'mediasoup-client';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { keepIce } from './ice-keeper.ts';
import type { MethodResult, TransportInfo } from './protocol.ts';

export type Direction = 'send' | 'recv';

export interface TransportOptions {
  /** Overrides the server's ICE servers. */
  readonly iceServers?: RTCIceServer[];
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** Uses TCP only, for networks that drop UDP. */
  readonly forceTcp?: boolean;
}

export interface TransportHost {
  onTransportState(direction: Direction, state: types.ConnectionState): void;
  /** The server refused to connect a transport. */
  onTransportRefused(transportId: string): void;
  /** The server has a data producer, which everyone receives already or not; undefined if the server does not say. */
  onDataProduced(id: string, ready: boolean | undefined): void;
  /** How the track with that appData, which is about to be produced, begins. */
  beginning(appData: object): ProducerBeginning;
}

/** How the server makes a producer. */
export interface ProducerBeginning {
  readonly paused: boolean;
  /** While we move: our producer on another server that it goes on with. */
  readonly replaces?: string;
}

/** When the media path is broken, the signaling path may be, too; so this request gets a shorter timeout. */
const restartTimeoutMs = 5000;

/** The transports of one join: one to send, one to receive. */
export class Transports {
  readonly #open: Partial<Record<Direction, types.Transport>> = {};
  readonly #opening: Partial<Record<Direction, Promise<void>>> = {};
  #closed = false;
  #maxMessageSize: number | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly device: Device,
    private readonly options: TransportOptions,
    private readonly host: TransportHost,
  ) {}

  get(direction: Direction): types.Transport | undefined {
    return this.#open[direction];
  }

  get maxMessageSize(): number | undefined {
    return this.#maxMessageSize;
  }

  /** The transport of that direction, opened now if it does not exist. */
  async need(direction: Direction): Promise<types.Transport> {
    if (!this.#open[direction]) await this.rebuild(direction);
    const transport = this.#open[direction];
    if (!transport || transport.closed) throw new ClientError('gone', 'the media was rebuilt; try again');
    return transport;
  }

  /** Asks the server for a transport. */
  ask(direction: Direction): Promise<TransportInfo> {
    const producing = direction === 'send';
    return this.connection.request('createWebRtcTransport', { producing, consuming: !producing });
  }

  /** Creates our side of a transport that the server opened. */
  build(direction: Direction, info: TransportInfo): void {
    const { iceTransportPolicy, forceTcp = false } = this.options;
    // The server's type is that of its configuration: slightly wider than the browser's.
    const iceServers = this.options.iceServers ?? (info.iceServers as RTCIceServer[] | undefined);
    const iceCandidates = info.iceCandidates.filter(({ protocol }) => !forceTcp || protocol === 'tcp');
    const options = { ...info, iceCandidates, iceServers, iceTransportPolicy };
    const { device } = this;
    const transport =
      direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options);
    this.#open[direction] = transport;
    if (direction === 'send') this.#maxMessageSize = info.sctpParameters.maxMessageSize;
    this.#wire(transport);
    keepIce({
      transport,
      restart: () => this.#restart(transport),
      onState: (state) => this.host.onTransportState(direction, state),
    });
  }

  /** Replaces a lost transport, or opens one that the server did not open by itself. */
  async rebuild(direction: Direction): Promise<void> {
    this.#opening[direction] ??= this.ask(direction)
      .then((info) => {
        if (!this.#closed) this.build(direction, info);
      })
      .finally(() => delete this.#opening[direction]);
    await this.#opening[direction];
  }

  /** The direction of that transport if it is one of these. */
  directionOf(transportId: string): Direction | undefined {
    return (['send', 'recv'] as const).find((name) => this.#open[name]?.id === transportId);
  }

  /** The server closed the transport of that direction. */
  lost(direction: Direction): void {
    this.#open[direction]?.close();
    delete this.#open[direction];
  }

  async restartIce(): Promise<void> {
    await Promise.all(Object.values(this.#open).map((transport) => this.#restart(transport)));
  }

  /** Those that have lost their path to the server. */
  get broken(): readonly types.Transport[] {
    return Object.values(this.#open).filter(
      ({ connectionState }) => connectionState === 'disconnected' || connectionState === 'failed',
    );
  }

  /** Restarts ICE where the path is broken, without waiting for longer. */
  mendIce(): void {
    for (const transport of this.broken) this.#restart(transport).catch(() => {});
  }

  close(): void {
    this.#closed = true;
    for (const transport of Object.values(this.#open)) transport.close();
  }

  #wire(transport: types.Transport): void {
    const { connection, host } = this;
    const transportId = transport.id;
    transport.on('connect', ({ dtlsParameters }, done) => {
      // No need to wait for the answer: the server handles messages in order, and a refusal is reported to the host.
      connection.request('connectWebRtcTransport', { transportId, dtlsParameters }).catch(() => {
        if (!this.#closed) host.onTransportRefused(transportId);
      });
      done();
    });
    transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      const produce = { transportId, kind, rtpParameters, appData, ...host.beginning(appData) };
      connection.request('produce', produce).then(done, failed);
    });
    transport.on('producedata', ({ sctpStreamParameters, ...rest }, done, failed) => {
      const { streamId = 0 } = sctpStreamParameters;
      const data = { transportId, ...rest, sctpStreamParameters: { ...sctpStreamParameters, streamId } };
      const produced = ({ id, ready }: Partial<MethodResult<'produceData'>> & { id: string }) => {
        host.onDataProduced(id, ready);
        done({ id });
      };
      connection.request('produceData', data).then(produced, failed);
    });
  }

  async #restart(transport: types.Transport): Promise<void> {
    const { usernameFragment, password, iceLite } = await this.connection.request(
      'restartIce',
      { transportId: transport.id },
      { timeout: restartTimeoutMs, urgent: true },
    );
    await transport.restartIce({ iceParameters: { usernameFragment, password, iceLite } });
  }
}
