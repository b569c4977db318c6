import { version as mediasoupVersion } from 'mediasoup';
import { type ClientAddress, clientAddresses } from '../auth/address.ts';
import { cleanText } from '../auth/clean.ts';
import { verifyToken } from '../auth/tokens.ts';
import { type Config, isLoopback } from '../config.ts';
import { type ErrorCode, SfuError, toSfuError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Moderation } from '../moderation/moderation.ts';
import { type Clock, systemClock } from '../sfu/clock.ts';
import { defaultGrants, type Identity } from '../sfu/grants.ts';
import type { Peer } from '../sfu/peer.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { SignalingCounts } from './counts.ts';
import { iceServersFor } from './ice-servers.ts';
import { startNotifications } from './notify.ts';
import { Session } from './session.ts';
import { welcome } from './welcome.ts';
import { closeRefused, closeTryAgain, maxFrameBytes, subProtocol, tokenPrefix } from './wire.ts';

/** What the upgrade hands to the socket. The token lives here only, and is not logged. */
export interface SocketData {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string | undefined;
  readonly address: string;
  readonly openedAt: number;
  /** The client asked for the fast join. */
  readonly fast: boolean;
  session?: Session;
  peer?: Peer;
}

export interface SignalingOptions {
  config: Config;
  sfu: Sfu;
  moderation: Moderation;
  log: Logger;
  clock?: Clock;
}

/** Refusals that pass by themselves: a client that tries again soon gets in. */
const passing: ReadonlySet<ErrorCode> = new Set(['draining', 'worker_unavailable', 'gone', 'internal']);

type Socket = Bun.ServerWebSocket<SocketData>;

/** Bun sends 1009 to a client whose frame is too large, but tells its handler 1006 with this reason (seen in 1.4.5). */
const tooBigReason = 'Received too big message';

/** Bytes that may wait for a client that does not read; then it is dropped, alone. */
const mostUnread = 1024 * 1024;

/**
 * The only file that knows Bun's socket. `upgrade` answers the GET of an Elysia route; `websocket` goes into
 * `listen`. Elysia's own socket is not used: one deeply nested frame ends its process.
 */
export class Signaling {
  readonly counts = new SignalingCounts();
  readonly #sessions = new Map<Peer, Session>();
  readonly #stopNotifications: () => void;
  readonly #clock: Clock;
  readonly #clientAddress: ClientAddress;

  constructor(private readonly options: SignalingOptions) {
    const { config, sfu, clock = systemClock } = options;
    this.#clock = clock;
    this.#clientAddress = clientAddresses(config);
    this.#stopNotifications = startNotifications({
      events: sfu.events,
      rooms: sfu.rooms,
      sessionOf: (peer) => this.#sessions.get(peer),
      now: () => clock.now(),
      random: Math.random,
    });
  }

  /**
   * Checks what can be checked before the upgrade and upgrades.
   * @returns the answer for a request that is malformed, or undefined when the socket took over
   */
  upgrade(request: Request, server: Bun.Server<SocketData>): Response | undefined {
    const offered = (request.headers.get('sec-websocket-protocol') ?? '')
      .split(',')
      .map((entry) => entry.trim());
    if (!offered.includes(subProtocol)) return refusal(403, `offer the sub-protocol "${subProtocol}"`);
    if (!this.#originAllowed(request)) {
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
    const address = this.#clientAddress(request, server.requestIP(request)?.address ?? '');
    const data: SocketData = { roomId, peerId, token, address, openedAt: this.#clock.now(), fast };
    const headers = { 'Sec-WebSocket-Protocol': subProtocol };
    if (server.upgrade(request, { headers, data })) return undefined;
    return refusal(426, 'this address is for WebSocket connections');
  }

  /** The handlers and limits for Bun's socket. */
  get websocket(): Bun.WebSocketHandler<SocketData> {
    const { config } = this.options;
    return {
      maxPayloadLength: maxFrameBytes,
      backpressureLimit: mostUnread,
      closeOnBackpressureLimit: true,
      idleTimeout: config.idleSeconds,
      sendPings: true,
      perMessageDeflate: false,
      open: (socket) => this.#guard(socket, () => this.#opened(socket)),
      // Binary frames are not of this protocol and are ignored.
      message: (socket, message) =>
        this.#guard(socket, () => typeof message === 'string' && socket.data.session?.receive(message)),
      close: (socket, code, reason) =>
        this.#guard(socket, () => this.#closed(socket, reason === tooBigReason ? 1009 : code)),
    };
  }

  close(): void {
    this.#stopNotifications();
  }

  #opened(socket: Socket): void {
    const { config, sfu, log } = this.options;
    const { roomId, peerId } = socket.data;
    const session = new Session({
      socket: {
        send: (text) => socket.send(text) !== 0,
        cork: (task) => void socket.cork(task),
        close: (code, reason) => socket.close(code, reason),
      },
      events: sfu.events,
      counts: this.counts,
      moderation: this.options.moderation,
      log: log.child({ roomId, peerId }),
      clock: this.#clock,
      messagesPerSecond: config.messagesPerSecond,
      iceServers: () => iceServersFor(config, peerId, this.#clock.now()),
      fast: socket.data.fast,
      roomId,
      peerId,
    });
    socket.data.session = session;
    sfu.events.emit('socketOpened', { roomId, peerId });
    this.#enter(socket.data, session).catch((error: unknown) =>
      this.#refuse(socket.data, session, toSfuError(error)),
    );
  }

  async #enter(data: SocketData, session: Session): Promise<void> {
    const { config, sfu } = this.options;
    const identity = await this.#identify(data);
    // The socket may have closed while its token was checked; then it must not replace anybody.
    if (session.closed) return;
    const peer = await sfu.enter(identity, session);
    const room = sfu.room(data.roomId);
    if (session.closed) return room.removePeer(peer, 'disconnected', { detail: 'the connection ended' });
    data.peer = peer;
    this.#sessions.set(peer, session);
    session.notify('mediasoup-version', { version: mediasoupVersion });
    session.notify('mediasoupVersion', { version: mediasoupVersion });
    session.open(room, peer);
    if (!data.fast) return;
    const iceServers = iceServersFor(config, peer.id, this.#clock.now());
    session.notify('welcome', await welcome(room, peer, iceServers));
  }

  async #identify({ roomId, peerId, token, address }: SocketData): Promise<Identity> {
    const { config } = this.options;
    if (config.developmentMode) return { roomId, peerId, metadata: {}, grants: defaultGrants, address };
    if (token === undefined) {
      throw new SfuError('unauthorized', 'a token is needed; ask the application that invited you');
    }
    const target = { roomId, peerId };
    const verified = await verifyToken(token, { apiKeys: config.apiKeys, target, now: this.#clock.now() });
    return { roomId, peerId, address, ...verified };
  }

  #refuse({ roomId, peerId }: SocketData, session: Session, error: SfuError): void {
    const { sfu, log } = this.options;
    if (error.code === 'internal') log.error('a connection failed', { roomId, peerId, error: error.cause });
    sfu.events.emit('connectionRefused', { code: error.code, roomId });
    session.refuse(error, passing.has(error.code) ? closeTryAgain : closeRefused);
  }

  #closed(socket: Socket, code: number): void {
    const { session, peer, roomId, peerId, openedAt } = socket.data;
    session?.socketClosed();
    if (peer) this.#sessions.delete(peer);
    const duration = this.#clock.now() - openedAt;
    this.options.sfu.events.emit('socketClosed', { roomId, peerId, code, duration });
  }

  // An exception in one of Bun's handlers would end the process, and every call with it.
  #guard(socket: Socket, handle: () => unknown): void {
    try {
      handle();
    } catch (error) {
      this.options.log.error('a socket handler failed; its connection is closed', { error });
      socket.close(1011, 'internal: the server made a mistake; connect again');
    }
  }

  #originAllowed(request: Request): boolean {
    const origin = request.headers.get('origin');
    // Only browsers send it, and only they can be misused by a foreign page.
    if (origin === null) return true;
    const { allowedOrigins, developmentMode } = this.options.config;
    if (allowedOrigins) return allowedOrigins.includes('*') || allowedOrigins.includes(origin);
    if (!URL.canParse(origin)) return false;
    const { host, hostname } = new URL(origin);
    // A foreign name that was made to point at this machine sends an Origin that equals its Host.
    if (developmentMode && !isLoopback(hostname)) return false;
    return host === request.headers.get('host');
  }
}

function refusal(status: number, sentence: string): Response {
  return new Response(`${sentence}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** Ids are the application's: anything printable. An id that cleaning would change could pass for another one. */
function readId(text: string | null): string | undefined {
  if (text === null || text === '' || text.length > 128 || cleanText(text, 128) !== text) return undefined;
  return text;
}
