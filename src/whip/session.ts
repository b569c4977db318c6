import type { types } from 'mediasoup';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { iceCandidates } from '../sfu/rooms/candidates.ts';
import type { Peer, Subscription, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { restartIce } from '../sfu/rooms/transports.ts';
import type { EventName } from './event-names.ts';
import type { LocalTransport } from './sdp/answer.ts';
import type { IceCredentials, OfferedMedia } from './sdp/offer.ts';

export type SessionKind = 'whip' | 'whep';

export interface SessionOptions {
  readonly kind: SessionKind;
  readonly roomId: string;
  /** How long a client may take from the answer until its transport is connected. */
  readonly connectSeconds: number;
  /** Under which clients reach the server by HTTP; without it they are given paths. */
  readonly publicUrl?: string;
}

/** What offer and answer agreed on about ICE. */
export interface Agreement {
  readonly media: readonly Pick<OfferedMedia, 'mid' | 'kind'>[];
  /** The client's credentials. */
  readonly ice: IceCredentials;
}

/**
 * A session of WHIP or WHEP, as the protocols call it: what a POST opened. It has one transport and is one peer of its
 * room; session and peer end together, because no socket would show that the client is gone.
 */
export class WhipSession {
  /** The only key to the session's address, so it must not be guessable (RFC 9725, section 5). */
  readonly id = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url');
  /** Identifies the current ICE session; a strong entity tag (RFC 9110, section 8.8.3). */
  etag = newTag();
  /** What a player receives, by the index of its m= section. */
  readonly subscriptions = new Map<string, Subscription>();
  /** Closes each event stream that is open. */
  readonly eventStreams = new Set<() => void>();
  /** The event streams that a player has created, by id, with the events of each. */
  readonly createdStreams = new Map<string, readonly EventName[]>();
  readonly #endTasks: (() => void)[] = [];
  #state: { readonly room: Room; readonly peer: Peer; readonly entry?: WebRtcPeerTransport } | undefined;
  #agreement: Agreement | undefined;
  #ended = false;

  constructor(private readonly options: SessionOptions) {}

  get kind(): SessionKind {
    return this.options.kind;
  }

  get roomId(): string {
    return this.options.roomId;
  }

  /**
   * Where its client finds it. Relative references would survive any proxy, but OBS takes whatever is not a whole URL
   * for a path (obs-studio, plugins/obs-webrtc/whip-output.cpp), so a prefix that a proxy strips has to be configured.
   */
  get address(): string {
    const { publicUrl = '' } = this.options;
    return `${publicUrl.replace(/\/+$/, '')}/${this.kind}/${encodeURIComponent(this.roomId)}/${this.id}`;
  }

  /** The room, the peer and the transport of an open session. @throws SfuError gone when the session has ended */
  requireOpen(): { room: Room; peer: Peer; entry: WebRtcPeerTransport } {
    const { room, peer, entry } = this.#state ?? {};
    if (room && peer && entry && !this.#ended) return { room, peer, entry };
    throw new SfuError('gone', 'the session has just ended; open another one');
  }

  /** The peer has entered the room. */
  setPeer(room: Room, peer: Peer): void {
    this.#state = { room, peer };
  }

  /** The session's transport is open. The session ends with it, or when the client does not connect in time. */
  setTransport(entry: WebRtcPeerTransport): void {
    const { room, peer } = this.#state ?? {};
    if (!room || !peer) return;
    this.#state = { room, peer, entry };
    const { transport } = entry;
    const { connectSeconds } = this.options;
    const cancelTimeout = room.context.clock.after(connectSeconds * 1000, () =>
      room.removePeer(peer, 'join_timeout', {
        detail: `no media connection within ${connectSeconds} seconds; check that the client can reach the server's media port`,
      }),
    );
    this.onEnd(cancelTimeout);
    transport.on('dtlsstatechange', (state) => state === 'connected' && cancelTimeout());
    transport.observer.once('close', () => {
      const detail = `the media connection ended (${entry.ending ?? 'router_closed'}); open another session`;
      // A room that moves to another worker closes transports before it asks its peers to rejoin. This one cannot.
      queueMicrotask(() => room.removePeer(peer, 'disconnected', { detail }));
    });
  }

  /** Runs the task when the session ends; at once when it has ended. */
  onEnd(task: () => void): void {
    if (this.#ended) task();
    else this.#endTasks.push(task);
  }

  /** Ends the session on the client's side: its peer leaves. */
  leave(detail: string): void {
    if (this.#state) this.#state.room.removePeer(this.#state.peer, 'left', { detail });
  }

  /** Ends the session after its peer has ended. */
  end(): void {
    this.#ended = true;
    for (const task of this.#endTasks.splice(0)) task();
  }

  /** Undefined until the client has answered. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  agree(agreement: Agreement): void {
    this.#agreement = agreement;
  }

  /** Begins a new ICE session with new credentials on both sides (RFC 8445, section 2.4). */
  async restartIce(agreement: Agreement): Promise<types.IceParameters> {
    const iceParameters = await restartIce(this.requireOpen().entry);
    this.#agreement = agreement;
    this.etag = newTag();
    return iceParameters;
  }

  /** The server's side of the connection. @throws SfuError gone */
  localTransport(): LocalTransport {
    const { room, entry } = this.requireOpen();
    const { iceParameters, dtlsParameters } = entry.transport;
    return { iceParameters, iceCandidates: iceCandidates(room, entry), dtlsParameters };
  }
}

/** Where a session is found: the parts of its address. */
export interface SessionAddress {
  readonly kind: SessionKind;
  readonly roomId: string;
  readonly id: string;
}

interface EndedSession extends Omit<SessionAddress, 'id'> {
  readonly at: number;
}

/** For how long the end of a session is remembered, and of how many at a time. */
const rememberedMs = 60_000;
const maxRemembered = 1000;

/** The open sessions of this node, by the id in their address, and which have ended a moment ago. */
export class WhipSessions {
  readonly #sessions = new Map<string, WhipSession>();
  /** The oldest first. */
  readonly #ended = new Map<string, EndedSession>();

  constructor(private readonly clock: Pick<Clock, 'elapsed'>) {}

  add(session: WhipSession): void {
    this.#sessions.set(session.id, session);
    session.onEnd(() => {
      this.#sessions.delete(session.id);
      const { kind, roomId } = session;
      this.#ended.set(session.id, { kind, roomId, at: this.clock.elapsed() });
      const [oldest] = this.#ended.keys();
      if (oldest !== undefined && this.#ended.size > maxRemembered) this.#ended.delete(oldest);
    });
  }

  /** @throws SfuError not_found */
  find(address: SessionAddress): WhipSession {
    const session = this.#find(address);
    if (session) return session;
    throw new SfuError('not_found', 'there is no such session; it may have ended. Open another one');
  }

  /**
   * Ends a session on the client's side. Clients close their connection and then send the DELETE, and the end of the
   * connection may get here first: the session is gone then, as they want it.
   * @throws SfuError not_found
   */
  leave(address: SessionAddress): void {
    const session = this.#find(address);
    if (session) session.leave('the client ended the session');
    else if (!this.#hasJustEnded(address)) this.find(address);
  }

  #find({ kind, roomId, id }: SessionAddress): WhipSession | undefined {
    const session = this.#sessions.get(id);
    return session?.kind === kind && session.roomId === roomId ? session : undefined;
  }

  #hasJustEnded({ kind, roomId, id }: SessionAddress): boolean {
    const ended = this.#ended.get(id);
    return ended?.kind === kind && ended.roomId === roomId && this.clock.elapsed() - ended.at < rememberedMs;
  }
}

function newTag(): string {
  return `"${crypto.randomUUID().slice(0, 18)}"`;
}
