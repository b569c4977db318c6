import { iceServersFor } from '../access/ice-servers.ts';
import { identifyPeer } from '../access/peer-identity.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import { type Clock, stopwatch, systemClock } from '../core/clock.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import { EventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/log.ts';
import type { Arriving } from '../sfu/rooms/moving.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { Broadcast } from '../wire/broadcast.ts';
import { requireId } from '../wire/check.ts';
import { refusalCode, subProtocol } from '../wire/envelope.ts';
import { type Gate, readHandshake } from '../wire/handshake.ts';
import {
  refuseClient,
  type SocketData,
  type SocketListener,
  upgradeSocket,
  type WireSocket,
} from '../wire/socket.ts';
import { Connection } from './connection.ts';
import { SignalingCounts } from './counts.ts';
import { Elsewhere } from './elsewhere.ts';
import type { SignalingBus } from './events.ts';
import { MovingOut } from './moving-out.ts';
import { type AnyNode, nodesForClients } from './nodes.ts';
import { startNotifications } from './notify.ts';
import { Resumption } from './resumption.ts';
import { hashOfReturning, type Returning, Returns, readReturning } from './returns.ts';
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
  /** It knows every notification of docs/protocol.md, `rejoin` among them. */
  readonly native: boolean;
  /** It wants `downlinkBwe`. */
  readonly wantsBandwidth: boolean;
  /** It comes to listen. */
  readonly audience: boolean;
  /** It is told of the others together. */
  readonly takesRoster: boolean;
  /** It can resume. */
  readonly resumes: boolean;
  /** It shows a ticket. */
  readonly returning: Returning | undefined;
  /** It can be moved to another node. */
  readonly moves: boolean;
  /** It comes from another node, to go on here. */
  readonly moving: boolean;
  socket?: WireSocket;
  connection?: Connection;
}

export interface SignalingOptions {
  config: Config;
  sfu: Sfu;
  commands: Commands;
  /** Finds the address of a client, limits the handshakes of each, and knows whose pages may connect. */
  access: Gate;
  log: Logger;
  clock?: Clock;
  /** The nodes of the mesh; one for a server that is alone. */
  nodes: () => readonly AnyNode[];
  /** Finds the session of a ticket on the other nodes; undefined for a server that is alone. */
  moves?: { find(mover: Mover): Promise<Takeable | undefined> };
}

/** Who shows a ticket, of which this is the hash. */
interface Mover {
  readonly roomId: string;
  readonly peerId: string;
  readonly ticket: string;
}

/** A session of another node that a client may go on with here. */
type Takeable = Pick<Arriving, 'from' | 'taken' | 'takeAgain'>;

/** Signaling's side of its sockets: `upgrade` answers the GET of an Elysia route, the rest follows the connections. */
export class Signaling {
  readonly counts = new SignalingCounts();
  readonly events: SignalingBus;
  readonly #connections = new Map<Peer, Connection>();
  readonly #returns: Returns;
  readonly #broadcast = new Broadcast();
  readonly #stopNotifications: () => void;
  readonly #movingOut: MovingOut;
  readonly #elsewhere: Elsewhere;
  readonly #clock: Clock;

  constructor(private readonly options: SignalingOptions) {
    const { sfu, log, clock = systemClock } = options;
    this.events = new EventBus(log);
    this.#clock = clock;
    this.#returns = new Returns({
      sfu,
      clock,
      events: this.events,
      connectionOf: (peer) => this.#connections.get(peer),
    });
    const connectionOf = (peer: Peer) => this.#connections.get(peer);
    this.#stopNotifications = startNotifications({
      events: sfu.events,
      remoteEvents: sfu.mesh.events,
      rooms: sfu.rooms,
      connectionOf,
      broadcast: this.#broadcast,
      counts: this.counts,
      clock,
      fallback: (connection, remaining) => this.#movingOut.fallback(connection, remaining, Math.random),
    });
    this.#elsewhere = new Elsewhere(options);
    const elsewhere = () => this.#elsewhere.urls.length > 0;
    this.#movingOut = new MovingOut({ events: sfu.events, rooms: sfu.rooms, connectionOf, clock, elsewhere });
  }

  /**
   * Checks what can be checked before the upgrade and upgrades.
   * @returns the answer for a request that is refused, or undefined when the socket took over
   */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const remoteAddress = server.requestIP(request)?.address ?? '';
    try {
      const data = this.#readHandshake(request, remoteAddress);
      const replayed = this.#elsewhere.replay(request, { returns: data.returning !== undefined });
      if (replayed) return replayed;
      const listener: SocketListener = {
        opened: (socket) => this.#opened(data, socket),
        received: (text) => data.socket && data.connection?.receive(data.socket, text),
        closed: (code) => this.#closed(data, code),
      };
      this.#broadcast.use(server);
      return upgradeSocket({ request, server, protocol: subProtocol, listener });
    } catch (thrown) {
      const error = toSfuError(thrown);
      const address = this.options.access.addressOf(request, remoteAddress);
      this.events.emit('connectionRefused', { roomId: '', address, ...told(error) });
      return refuseClient(error, { request, server, protocols: [subProtocol] });
    }
  }

  close(): void {
    this.#stopNotifications();
    this.#movingOut.close();
  }

  /** @throws SfuError flood, no_sub_protocol, foreign_origin, invalid_params */
  #readHandshake(request: Request, remoteAddress: string): Handshake {
    const { access: gate } = this.options;
    const read = readHandshake(request, { gate, protocols: [subProtocol], remoteAddress });
    const { offered, searchParams, roomId, token, address } = read;
    const peerId = requireId('peerId in the address', searchParams.get('peerId') ?? '');
    const fast = searchParams.get('fast') === '1';
    // Clients from before the fast join expect the estimate, and cannot say that they want it.
    const wantsBandwidth = (searchParams.get('downlinkBwe') ?? (fast ? '0' : '1')) === '1';
    const resumes = searchParams.get('resume') === '1';
    const audience = searchParams.get('audience') === '1';
    const takesRoster = searchParams.get('roster') === '1';
    const native = fast || resumes || takesRoster || searchParams.get('rejoin') === '1';
    const returning = readReturning(offered, searchParams);
    const moves = resumes && fast && searchParams.get('move') === '1';
    const moving = moves && searchParams.get('moving') === '1';
    const kinds = { fast, native, takesRoster, audience, resumes, moves, moving };
    const wishes = { ...kinds, wantsBandwidth, returning };
    return { roomId, peerId, token, address, age: stopwatch(this.#clock), ...wishes };
  }

  #opened(data: Handshake, socket: WireSocket): void {
    const { roomId, peerId } = data;
    data.socket = socket;
    this.events.emit('socketOpened', { roomId, peerId });
    if (data.returning && !data.moving) {
      data.connection = this.#returns.take(data, data.returning, socket);
      return;
    }
    const connection = this.#connect(data, socket);
    data.connection = connection;
    this.#enter(data, connection).catch((error: unknown) =>
      this.#refuse(data, connection, toSfuError(error)),
    );
  }

  #connect(data: Handshake, socket: WireSocket): Connection {
    const { config, log } = this.options;
    const { roomId, peerId, fast, native, wantsBandwidth, takesRoster, moves } = data;
    const { resumeSeconds } = config;
    const resumption =
      data.resumes && resumeSeconds > 0 ? new Resumption(resumeSeconds, this.#returns.ended) : undefined;
    return new Connection({
      socket,
      resumption,
      events: this.events,
      counts: this.counts,
      commands: this.options.commands,
      log: log.child({ roomId, peerId }),
      clock: this.#clock,
      messagesPerSecond: config.messagesPerSecond,
      iceServers: () => iceServersFor(config, peerId, this.#clock.now()),
      fast,
      native,
      wantsBandwidth,
      moves,
      takesRoster,
      roomId,
      peerId,
    });
  }

  async #enter(data: Handshake, connection: Connection): Promise<void> {
    const { config, sfu } = this.options;
    const peer = data.moving ? await this.#arrive(data, connection) : await this.#admit(data, connection);
    if (!peer) return;
    const room = sfu.room(data.roomId);
    if (connection.closed) return room.removePeer(peer, 'disconnected', { detail: 'the connection ended' });
    this.#connections.set(peer, connection);
    void connection.gone.then(() => this.#connections.delete(peer));
    connection.enter(room, peer);
    if (!data.fast) return;
    const iceServers = iceServersFor(config, peer.id, this.#clock.now());
    const { wantsBandwidth, takesRoster, audience } = data;
    const nodes = nodesForClients(this.options.nodes());
    connection.notify(
      'welcome',
      await welcome(room, peer, { iceServers, wantsBandwidth, takesRoster, audience, nodes }),
    );
  }

  async #admit(data: Handshake, connection: Connection): Promise<Peer | undefined> {
    const { config } = this.options;
    const identity = await identifyPeer(data, { config, now: this.#clock.now() });
    // The socket may have closed while its token was checked; then it must not replace anybody.
    return connection.closed ? undefined : await this.options.sfu.enter(identity, connection);
  }

  /** @throws SfuError ticket_refused */
  async #arrive(
    { roomId, peerId, address, returning }: Handshake,
    link: Connection,
  ): Promise<Peer | undefined> {
    const { sfu, moves } = this.options;
    const ticket = returning && hashOfReturning(returning);
    const found = ticket === undefined ? undefined : await moves?.find({ roomId, peerId, ticket });
    if (!found)
      throw new SfuError(
        'ticket_refused',
        'no other server of the mesh has a peer with this ticket; go on where you are, or connect with a token',
      );
    const identity = { ...found.taken.identity, roomId, peerId, address };
    return link.closed ? undefined : await sfu.arrive({ ...found, identity, link });
  }

  #refuse({ roomId, peerId, address }: Handshake, connection: Connection, error: SfuError): void {
    const { log } = this.options;
    if (error.code === 'internal') log.error('a connection failed', { roomId, peerId, error: error.cause });
    this.events.emit('connectionRefused', { roomId, peerId, address, ...told(error) });
    connection.refuse(this.#elsewhere.named(error), refusalCode(error));
  }

  #closed({ connection, socket, roomId, peerId, age }: Handshake, code: number): void {
    if (socket) connection?.socketClosed(socket, code);
    this.events.emit('socketClosed', { roomId, peerId, code, duration: age() });
  }
}

/** What the client was told, for those who read what happened. */
function told({ code, message: detail }: SfuError) {
  return { code, detail };
}
