import { iceServersFor } from '../access/ice-servers.ts';
import { identifyPeer } from '../access/peer-identity.ts';
import type { Config } from '../config/config.ts';
import { type Clock, stopwatch } from '../core/clock.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { SignalingCounts } from '../signaling/counts.ts';
import type { SignalingBus } from '../signaling/events.ts';
import { requireId } from '../wire/check.ts';
import { refusalCode } from '../wire/envelope.ts';
import { type Gate, readHandshake } from '../wire/handshake.ts';
import {
  refuseClient,
  type SocketData,
  type SocketListener,
  upgradeSocket,
  type WireSocket,
} from '../wire/socket.ts';
import { Attachments } from './app-data.ts';
import { Connection } from './connection.ts';
import { envelopeFor, subProtocols } from './envelopes.ts';
import { followDomain } from './follow.ts';

/** What a client asked for when it connected. The token lives here only, and is not logged. */
interface Handshake {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string | undefined;
  readonly address: string;
  readonly protocol: (typeof subProtocols)[number];
  /** It takes notifications of protoo as such. */
  readonly plain: boolean;
  /** Milliseconds since it connected. */
  readonly age: () => number;
  connection?: Connection;
}

export interface LegacyOptions {
  readonly config: Config;
  readonly sfu: Sfu;
  /** Finds the address of a client, limits the handshakes of each, and knows whose pages may connect. */
  readonly access: Gate;
  /** What happens to sockets is counted and reported with those of signaling. */
  readonly signaling: { readonly events: SignalingBus; readonly counts: SignalingCounts };
  readonly log: Logger;
  readonly clock: Clock;
}

/** The sockets of the old protocol: applications on mediasoup-client 2 are peers like any other. */
export class Legacy {
  readonly #connections = new Map<Peer, Connection>();
  readonly #attachments = new Attachments();
  readonly #stop: () => void;

  constructor(private readonly options: LegacyOptions) {
    const { sfu } = options;
    this.#stop = followDomain({
      events: sfu.events,
      remoteEvents: sfu.mesh.events,
      rooms: sfu.rooms,
      connections: this.#connections,
      attachments: this.#attachments,
    });
  }

  /**
   * Checks what can be checked before the upgrade and upgrades.
   * @returns the answer for a request that is refused, or undefined when the socket took over
   */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const remoteAddress = server.requestIP(request)?.address ?? '';
    try {
      const data = this.#readHandshake(request, remoteAddress);
      const listener: SocketListener = {
        opened: (socket) => this.#opened(data, socket),
        received: (text) => data.connection?.receive(text),
        closed: (code) => this.#closed(data, code),
      };
      return upgradeSocket({ request, server, protocol: data.protocol, listener });
    } catch (thrown) {
      const error = toSfuError(thrown);
      const { events } = this.options.signaling;
      const address = this.options.access.addressOf(request, remoteAddress);
      events.emit('connectionRefused', { roomId: '', address, code: error.code, detail: error.message });
      return refuseClient(error, { request, server, protocols: subProtocols });
    }
  }

  close(): void {
    this.#stop();
  }

  /** @throws SfuError flood, no_sub_protocol, foreign_origin, invalid_params */
  #readHandshake(request: Request, remoteAddress: string): Handshake {
    const { access: gate, clock } = this.options;
    const read = readHandshake(request, { gate, protocols: subProtocols, remoteAddress });
    const { protocol, searchParams, roomId, token, address } = read;
    // Applications of that time say peerName.
    const named = searchParams.get('peerId') ?? searchParams.get('peerName') ?? '';
    const peerId = requireId('peerName in the address', named);
    return {
      ...{ roomId, peerId, token, address, protocol },
      plain: searchParams.get('notifications') === '1',
      age: stopwatch(clock),
    };
  }

  #opened(data: Handshake, socket: WireSocket): void {
    const { config, log, clock, signaling } = this.options;
    const { roomId, peerId, protocol, plain } = data;
    signaling.events.emit('socketOpened', { roomId, peerId });
    const connection = new Connection({
      ...{ socket, clock, roomId, peerId },
      envelope: envelopeFor(protocol, plain),
      events: signaling.events,
      counts: signaling.counts,
      attachments: this.#attachments,
      log: log.child({ roomId, peerId }),
      messagesPerSecond: config.messagesPerSecond,
      iceServers: () => iceServersFor(config, peerId, clock.now()),
    });
    data.connection = connection;
    this.#enter(data, connection).catch((error: unknown) =>
      this.#refuse(data, connection, toSfuError(error)),
    );
  }

  async #enter(data: Handshake, connection: Connection): Promise<void> {
    const { config, sfu, clock } = this.options;
    const identity = await identifyPeer(data, { config, now: clock.now() });
    // The socket may have closed while its token was checked; then it must not replace anybody.
    if (connection.closed) return;
    const peer = await sfu.enter(identity, connection);
    const room = sfu.room(data.roomId);
    if (connection.closed) return room.removePeer(peer, 'disconnected', { detail: 'the connection ended' });
    this.#connections.set(peer, connection);
    void connection.gone.then(() => this.#connections.delete(peer));
    connection.enter(room, peer);
  }

  #refuse({ roomId, peerId, address }: Handshake, connection: Connection, error: SfuError): void {
    const { log, signaling } = this.options;
    if (error.code === 'internal')
      log.error('a connection of the old protocol failed', { roomId, peerId, error: error.cause });
    const { code, message: detail } = error;
    signaling.events.emit('connectionRefused', { roomId, peerId, address, code, detail });
    connection.refuse(error, refusalCode(error));
  }

  #closed({ connection, roomId, peerId, age }: Handshake, code: number): void {
    connection?.socketClosed();
    this.options.signaling.events.emit('socketClosed', { roomId, peerId, code, duration: age() });
  }
}
