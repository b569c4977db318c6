import { version as mediasoupVersion } from 'mediasoup';
import { type ClientAddress, clientAddresses } from '../access/address.ts';
import { iceServersFor } from '../access/ice-servers.ts';
import { originAllowed } from '../access/origins.ts';
import { verifyToken } from '../access/tokens.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import { type Clock, stopwatch, systemClock } from '../core/clock.ts';
import { type ErrorCode, SfuError, toSfuError } from '../core/errors.ts';
import { EventBus } from '../core/event-bus.ts';
import { defaultGrants, type Identity } from '../core/grants.ts';
import type { Logger } from '../core/log.ts';
import { readId } from '../core/text.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { closeRefused, closeTryAgain, subProtocol, tokenPrefix } from '../wire/envelope.ts';
import {
  offeredProtocols,
  refusal,
  type SocketData,
  type SocketListener,
  upgradeSocket,
  type WireSocket,
} from '../wire/socket.ts';
import { Connection } from './connection.ts';
import { SignalingCounts } from './counts.ts';
import type { SignalingBus } from './events.ts';
import { startNotifications } from './notify.ts';
import { welcome } from './welcome.ts';

/** What a client asked for when it connected. The token lives here only, and is not logged. */
interface Handshake {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string | undefined;
  readonly address: string;
  /** Milliseconds since it connected. */
  readonly age: () => number;
  /** The client asked for the fast join. */
  readonly fast: boolean;
  /** It wants `downlinkBwe`. */
  readonly wantsBandwidth: boolean;
  connection?: Connection;
  peer?: Peer;
}

export interface SignalingOptions {
  config: Config;
  sfu: Sfu;
  commands: Commands;
  log: Logger;
  clock?: Clock;
}

/** Refusals that pass by themselves: a client that tries again soon gets in. */
const passing: ReadonlySet<ErrorCode> = new Set(['draining', 'worker_unavailable', 'gone', 'internal']);

/** Signaling's side of its sockets: `upgrade` answers the GET of an Elysia route, the rest follows the connections. */
export class Signaling {
  readonly counts = new SignalingCounts();
  readonly events: SignalingBus;
  readonly #connections = new Map<Peer, Connection>();
  readonly #stopNotifications: () => void;
  readonly #clock: Clock;
  readonly #clientAddress: ClientAddress;

  constructor(private readonly options: SignalingOptions) {
    const { config, sfu, log, clock = systemClock } = options;
    this.events = new EventBus(log);
    this.#clock = clock;
    this.#clientAddress = clientAddresses(config);
    this.#stopNotifications = startNotifications({
      events: sfu.events,
      rooms: sfu.rooms,
      connectionOf: (peer) => this.#connections.get(peer),
      now: () => clock.now(),
      random: Math.random,
    });
  }

  /**
   * Checks what can be checked before the upgrade and upgrades.
   * @returns the answer for a request that is malformed, or undefined when the socket took over
   */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const offered = offeredProtocols(request);
    if (!offered.includes(subProtocol)) return refusal(403, `offer the sub-protocol "${subProtocol}"`);
    if (!originAllowed(request, this.options.config)) {
      return refusal(
        403,
        'pages of this origin may not connect; the operator allows origins by TUREEN_ALLOWED_ORIGINS',
      );
    }
    const { searchParams } = new URL(request.url);
    const roomId = readId(searchParams.get('roomId'));
    const peerId = readId(searchParams.get('peerId'));
    if (roomId === undefined || peerId === undefined) {
      return refusal(
        400,
        'roomId and peerId are needed in the address, 1 to 128 characters each, without control characters',
      );
    }
    const bearer = offered.find((entry) => entry.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
    const token = bearer ?? searchParams.get('token') ?? undefined;
    const fast = searchParams.get('fast') === '1';
    // Clients from before the fast join expect the estimate, and cannot say that they want it.
    const wantsBandwidth = (searchParams.get('downlinkBwe') ?? (fast ? '0' : '1')) === '1';
    const address = this.#clientAddress(request, server.requestIP(request)?.address ?? '');
    const data: Handshake = {
      roomId,
      peerId,
      token,
      address,
      age: stopwatch(this.#clock),
      fast,
      wantsBandwidth,
    };
    const listener: SocketListener = {
      opened: (socket) => this.#opened(data, socket),
      received: (text) => data.connection?.receive(text),
      closed: (code) => this.#closed(data, code),
    };
    return upgradeSocket({ request, server, protocol: subProtocol, listener });
  }

  close(): void {
    this.#stopNotifications();
  }

  #opened(data: Handshake, socket: WireSocket): void {
    const { config, log } = this.options;
    const { roomId, peerId, fast, wantsBandwidth } = data;
    const connection = new Connection({
      socket,
      events: this.events,
      counts: this.counts,
      commands: this.options.commands,
      log: log.child({ roomId, peerId }),
      clock: this.#clock,
      messagesPerSecond: config.messagesPerSecond,
      iceServers: () => iceServersFor(config, peerId, this.#clock.now()),
      fast,
      wantsBandwidth,
      roomId,
      peerId,
    });
    data.connection = connection;
    this.events.emit('socketOpened', { roomId, peerId });
    this.#enter(data, connection).catch((error: unknown) =>
      this.#refuse(data, connection, toSfuError(error)),
    );
  }

  async #enter(data: Handshake, connection: Connection): Promise<void> {
    const { config, sfu } = this.options;
    const identity = await this.#identify(data);
    // The socket may have closed while its token was checked; then it must not replace anybody.
    if (connection.closed) return;
    const peer = await sfu.enter(identity, connection);
    const room = sfu.room(data.roomId);
    if (connection.closed) return room.removePeer(peer, 'disconnected', { detail: 'the connection ended' });
    data.peer = peer;
    this.#connections.set(peer, connection);
    connection.notify('mediasoup-version', { version: mediasoupVersion });
    connection.notify('mediasoupVersion', { version: mediasoupVersion });
    connection.enter(room, peer);
    if (!data.fast) return;
    const iceServers = iceServersFor(config, peer.id, this.#clock.now());
    const { wantsBandwidth } = data;
    connection.notify('welcome', await welcome(room, peer, { iceServers, wantsBandwidth }));
  }

  async #identify({ roomId, peerId, token, address }: Handshake): Promise<Identity> {
    const { config } = this.options;
    if (config.developmentMode)
      return { roomId, peerId, subject: peerId, metadata: {}, grants: defaultGrants, address };
    if (token === undefined) {
      throw new SfuError('unauthorized', 'a token is needed; ask the application that invited you');
    }
    const target = { roomId, peerId };
    const verified = await verifyToken(token, { apiKeys: config.apiKeys, target, now: this.#clock.now() });
    return { roomId, peerId, subject: peerId, address, ...verified };
  }

  #refuse({ roomId, peerId }: Handshake, connection: Connection, error: SfuError): void {
    const { log } = this.options;
    if (error.code === 'internal') log.error('a connection failed', { roomId, peerId, error: error.cause });
    this.events.emit('connectionRefused', { code: error.code, roomId });
    connection.refuse(error, passing.has(error.code) ? closeTryAgain : closeRefused);
  }

  #closed({ connection, peer, roomId, peerId, age }: Handshake, code: number): void {
    connection?.socketClosed();
    if (peer) this.#connections.delete(peer);
    this.events.emit('socketClosed', { roomId, peerId, code, duration: age() });
  }
}
