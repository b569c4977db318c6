import type { Actor } from '../../core/actors.ts';
import type { Clock } from '../../core/clock.ts';
import type { PeerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import type { SfuEvents } from '../../sfu/events.ts';
import type { Peer, PeerLink } from '../../sfu/rooms/peer.ts';
import type { Room } from '../../sfu/rooms/room.ts';
import type { RoomOptions } from '../../sfu/rooms/room-options.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { Notices } from './notices.ts';
import { type Owned, type Owner, ownerName } from './owner.ts';

/** A peer whose media is not a WebRTC client's: a telephone, an encoder, another server. Its controller acts for it. */
export interface Endpoint extends Owned {
  readonly room: Room;
  readonly peer: Peer;
}

/** A room that ends with its owner. */
export interface MediaSession extends Owned {
  readonly room: Room;
}

export interface HoldingsOptions {
  sfu: Sfu;
  clock: Clock;
  /** How long what a controller made outlives its connection. */
  graceSeconds: number;
}

export interface NewEndpoint {
  readonly identity: Identity;
  readonly owner: Owner;
  readonly keep: boolean;
}

type Notify = <N extends keyof Notices>(owner: Owner, name: N, data: Notices[N]) => void;

/**
 * What programs made for media, and whose it is. It ends when its controller has been away for longer than the grace,
 * unless it is to be kept.
 */
export class Holdings {
  readonly endpoints = new Map<Peer, Endpoint>();
  readonly sessions = new Map<string, MediaSession>();
  /** The controllers that are connected. */
  readonly #here = new Set<string>();
  /** Those that went, with what ends the wait for them. */
  readonly #leaving = new Map<string, () => void>();
  readonly #stops: (() => void)[];
  #closed = false;
  /** Tells an owner, if it is connected. */
  notify: Notify = () => {};

  constructor(private readonly options: HoldingsOptions) {
    const { events } = options.sfu;
    this.#stops = [
      events.on('roomClosed', (event) => this.#roomClosed(event)),
      events.on('peerRejoin', (event) => this.#mediaLost(event)),
      events.on('transportClosed', ({ transportId, reason, roomId, peerId }) => {
        const endpoint = this.#find(roomId, peerId);
        if (endpoint) this.notify(endpoint.owner, 'transportClosed', { roomId, peerId, transportId, reason });
      }),
    ];
  }

  /**
   * Lets an endpoint into its room, joined.
   * @throws SfuError wrong_state when there is such a peer already, and what Sfu.enter refuses with
   */
  async addEndpoint({ identity, owner, keep }: NewEndpoint): Promise<Endpoint> {
    const { sfu } = this.options;
    const { roomId, peerId } = identity;
    if (sfu.rooms.get(roomId)?.peers.has(peerId)) {
      throw new SfuError(
        'wrong_state',
        `there is a peer "${peerId}" in room "${roomId}" already; name it otherwise`,
      );
    }
    let entered: Peer | undefined;
    const link: PeerLink = {
      gone: Promise.resolve(),
      close: (reason, detail) => {
        if (entered) this.#endpointClosed(entered, reason, detail);
      },
    };
    const peer = await sfu.enter(identity, link);
    entered = peer;
    if (peer.closed) throw new SfuError('gone', 'the endpoint was put out of its room at this moment');
    this.#requireHere(owner, () => sfu.room(roomId).removePeer(peer, 'disconnected'));
    const endpoint = { room: sfu.room(roomId), peer, owner, keep };
    this.endpoints.set(peer, endpoint);
    join(endpoint);
    return endpoint;
  }

  /** @throws SfuError not_found */
  endpoint(roomId: string, peerId: string): Endpoint {
    const endpoint = this.endpoints.get(this.options.sfu.peer(roomId, peerId));
    if (endpoint) return endpoint;
    throw new SfuError(
      'not_found',
      `the peer "${peerId}" is a client of its own, and no endpoint of a program`,
    );
  }

  /** Opens a room that ends with its owner. @throws SfuError wrong_state, draining, worker_unavailable */
  async addSession(wanted: { roomId: string; options: RoomOptions } & Owned): Promise<MediaSession> {
    const { owner, keep, ...rest } = wanted;
    const { sfu } = this.options;
    const { id } = await sfu.createRoom(rest);
    const room = sfu.rooms.get(id);
    if (!room) throw new SfuError('gone', 'the room ended again at once');
    this.#requireHere(owner, () => room.close('closed'));
    const session = { room, owner, keep };
    this.sessions.set(room.id, session);
    return session;
  }

  /** @throws SfuError not_found */
  session(roomId: string): MediaSession {
    const session = this.sessions.get(roomId);
    if (session) return session;
    throw new SfuError('not_found', `no program holds the room "${roomId}" as a session; it may have ended`);
  }

  /** The former owner is told. */
  takeOver(holding: Endpoint | MediaSession, owner: Owner): void {
    const former = holding.owner;
    if (ownerName(former) === ownerName(owner)) return;
    holding.owner = owner;
    const peerId = 'peer' in holding ? holding.peer.id : null;
    this.notify(former, 'takenOver', { roomId: holding.room.id, peerId, owner });
  }

  closeEndpoint({ room, peer }: Endpoint, by: Actor): void {
    room.removePeer(peer, 'left', { detail: 'its controller closed it', by });
  }

  closeSession({ room }: MediaSession, by: Actor): void {
    room.close('closed', by);
  }

  /** A controller is here, perhaps again. */
  arrived(owner: Owner): void {
    this.#stopWaiting(owner);
    this.#here.add(ownerName(owner));
  }

  /** The connection of a controller has ended: what it does not keep ends too, unless it comes back in time. */
  left(owner: Owner): void {
    this.#stopWaiting(owner);
    this.#here.delete(ownerName(owner));
    if (this.#closed) return;
    const cancel = this.options.clock.after(this.options.graceSeconds * 1000, () => this.#closeAll(owner));
    this.#leaving.set(ownerName(owner), cancel);
  }

  /** Whether the grace of this controller runs. */
  isLeaving(owner: Owner): boolean {
    return this.#leaving.has(ownerName(owner));
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    for (const cancel of this.#leaving.values()) cancel();
    this.#leaving.clear();
  }

  #stopWaiting(owner: Owner): void {
    this.#leaving.get(ownerName(owner))?.();
    this.#leaving.delete(ownerName(owner));
  }

  /** What was on its way when its controller went for good would belong to nobody, and never end. */
  #requireHere(owner: Owner, undo: () => void): void {
    const name = ownerName(owner);
    if (owner.controllerId === null || this.#here.has(name) || this.#leaving.has(name)) return;
    undo();
    throw new SfuError('gone', 'your connection ended meanwhile');
  }

  #closeAll(owner: Owner): void {
    const name = ownerName(owner);
    this.#leaving.delete(name);
    const ends = (holding: Owned) => !holding.keep && ownerName(holding.owner) === name;
    const by: Actor = { kind: 'api', id: owner.key };
    const detail = 'its controller went and did not come back';
    for (const { room, peer } of [...this.endpoints.values()].filter(ends)) {
      room.removePeer(peer, 'disconnected', { detail, by });
    }
    for (const session of [...this.sessions.values()].filter(ends)) this.closeSession(session, by);
  }

  #endpointClosed(peer: Peer, reason: PeerEnd, detail: string): void {
    const endpoint = this.endpoints.get(peer);
    if (!endpoint || !this.endpoints.delete(peer)) return;
    this.notify(endpoint.owner, 'endpointClosed', { ...peer.ref, reason, detail });
  }

  #roomClosed({ roomId, reason }: SfuEvents['roomClosed']): void {
    const session = this.sessions.get(roomId);
    if (!session || !this.sessions.delete(roomId)) return;
    this.notify(session.owner, 'sessionClosed', { roomId, reason });
  }

  /** The room was built anew on another worker: the endpoint is in it at once, and needs new transports. */
  #mediaLost({ roomId, peerId, reason }: SfuEvents['peerRejoin']): void {
    const endpoint = this.#find(roomId, peerId);
    if (!endpoint) return;
    join(endpoint);
    this.notify(endpoint.owner, 'mediaLost', { roomId, peerId, reason });
  }

  #find(roomId: string, peerId: string): Endpoint | undefined {
    const peer = this.options.sfu.rooms.get(roomId)?.peers.get(peerId);
    return peer && this.endpoints.get(peer);
  }
}

function join({ room, peer }: Endpoint): void {
  const displayName = peer.identity.displayName ?? peer.id;
  room.join(peer, { displayName, device: {}, autoSubscribe: false });
}
