import type { types } from 'mediasoup';
import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import type { Peer, PeerLink, Subscription, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { iceCandidates, restartIce } from '../sfu/rooms/transports.ts';
import type { EventName } from './event-names.ts';
import type { LocalTransport } from './sdp/answer.ts';
import type { IceCredentials, OfferedMedia } from './sdp/offer.ts';

/** How long a client may take from the answer to a connection that carries media, in seconds. */
export const connectSeconds = 30;

export type SessionKind = 'whip' | 'whep';

/** What offer and answer agreed on, as far as ICE goes. */
export interface Agreement {
  readonly media: readonly Pick<OfferedMedia, 'mid' | 'kind'>[];
  /** The client's. */
  readonly ice: IceCredentials;
}

/**
 * What a POST opened: one connection, behind which there is a peer. It ends with the peer, and the peer with it: there
 * is no socket that would tell of the client.
 */
export class MediaSession implements PeerLink {
  /** It is the only key to the session's address, so that it must not be guessed (RFC 9725, section 5). */
  readonly id = Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url');
  /** Tells one ICE session from the next; a strong one (RFC 9110, section 8.8.3). */
  etag = newTag();
  /** What a player receives, by the place of its section in the description. */
  readonly watched = new Map<string, Subscription>();
  /** Ends each event stream that is open. */
  readonly streams = new Set<() => void>();
  /** The events of each stream that a player announced. */
  readonly eventNames = new Map<string, readonly EventName[]>();
  /** There is no socket that would have to close with the peer. */
  readonly gone = Promise.resolve();
  readonly #ends: (() => void)[] = [];
  #state: { readonly room: Room; readonly peer: Peer; readonly entry?: WebRtcPeerTransport } | undefined;
  #agreement: Agreement | undefined;
  #ended = false;

  constructor(
    readonly kind: SessionKind,
    readonly roomId: string,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  get path(): string {
    return `/${this.kind}/${encodeURIComponent(this.roomId)}/${this.id}`;
  }

  /** @throws SfuError gone when the peer ended meanwhile */
  get living(): { room: Room; peer: Peer; entry: WebRtcPeerTransport } {
    const { room, peer, entry } = this.#state ?? {};
    if (room && peer && entry && !this.#ended) return { room, peer, entry };
    throw new SfuError('gone', 'the session has just ended; open another one');
  }

  /** The peer that the session is, from the moment at which it entered the room. */
  begin(room: Room, peer: Peer): void {
    this.#state = { room, peer };
  }

  /** Over this transport it lives and dies. */
  carry(entry: WebRtcPeerTransport): void {
    const { room, peer } = this.#state ?? {};
    if (!room || !peer) return;
    this.#state = { room, peer, entry };
    const { transport } = entry;
    const tooLate = room.context.clock.after(connectSeconds * 1000, () =>
      room.removePeer(peer, 'join_timeout', {
        detail: `no connection for media came within ${connectSeconds} seconds; check that the client reaches the server's media port`,
      }),
    );
    this.onEnd(tooLate);
    transport.on('dtlsstatechange', (state) => state === 'connected' && tooLate());
    transport.observer.once('close', () => {
      const detail = `the connection for media ended (${entry.ending ?? 'router_closed'}); open another session`;
      // A room that is built anew closes transports first and then asks its peers to come again, which this one cannot.
      queueMicrotask(() => room.removePeer(peer, 'disconnected', { detail }));
    });
  }

  /** Runs when the session ends, whoever ended it; at once when it has. */
  onEnd(task: () => void): void {
    if (this.#ended) task();
    else this.#ends.push(task);
  }

  /** The client itself ends it. */
  leave(detail: string): void {
    if (this.#state) this.#state.room.removePeer(this.#state.peer, 'left', { detail });
  }

  /** The peer has ended, whoever ended it. */
  close(_reason: PeerEnd, _detail: string): void {
    this.#ended = true;
    for (const task of this.#ends.splice(0)) task();
  }

  /** Undefined while an answer of the client is waited for. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  agree(agreement: Agreement): void {
    this.#agreement = agreement;
  }

  /** Begins a new ICE session with new credentials on both sides (RFC 8445, section 2.4). */
  async restart(agreement: Agreement): Promise<types.IceParameters> {
    const iceParameters = await restartIce(this.living.entry);
    this.#agreement = agreement;
    this.etag = newTag();
    return iceParameters;
  }

  /** The server's side of the connection. */
  get local(): LocalTransport {
    const { room, entry } = this.living;
    const { iceParameters, dtlsParameters } = entry.transport;
    return { iceParameters, iceCandidates: iceCandidates(room, entry), dtlsParameters };
  }
}

/** The sessions of this node, by the id in their address. */
export class Sessions {
  readonly #sessions = new Map<string, MediaSession>();

  add(session: MediaSession): void {
    this.#sessions.set(session.id, session);
    session.onEnd(() => this.#sessions.delete(session.id));
  }

  /** @throws SfuError not_found */
  find({ kind, roomId, id }: { kind: SessionKind; roomId: string; id: string }): MediaSession {
    const session = this.#sessions.get(id);
    if (session?.kind === kind && session.roomId === roomId) return session;
    throw new SfuError('not_found', 'there is no such session; it may have ended. Open another one');
  }
}

function newTag(): string {
  return `"${crypto.randomUUID().slice(0, 18)}"`;
}
