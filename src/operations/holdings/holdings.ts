import type { Actor } from '../../core/actors.ts';
import type { Clock } from '../../core/clock.ts';
import type { PeerEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import { enterWithoutSocket } from '../../sfu/enter-without-socket.ts';
import type { SfuEvents } from '../../sfu/events.ts';
import type { Peer } from '../../sfu/rooms/peer.ts';
import type { Room } from '../../sfu/rooms/room.ts';
import type { RoomOptions } from '../../sfu/rooms/room-options.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import type { Notices } from './notices.ts';
import { type Owned, type Owner, ownerName } from './owner.ts';
import { Presence } from './presence.ts';

/** A peer that a program acts for, because its media is not a WebRTC client's: a telephone, an encoder, another server. */
export interface Endpoint extends Owned {
  readonly room: Room;
  readonly peer: Peer;
}

/** A room that belongs to a program and ends with it. The API calls it a session. */
export interface OwnedRoom extends Owned {
  readonly room: Room;
}

export interface HoldingsOptions {
  sfu: Sfu;
  clock: Clock;
  /** How long the objects of a controller outlive its connection. */
  graceSeconds: number;
}

export interface NewEndpoint {
  readonly identity: Identity;
  readonly owner: Owner;
  readonly keep: boolean;
}

type Notify = <N extends keyof Notices>(owner: Owner, name: N, data: Notices[N]) => void;

/**
 * The endpoints and sessions that programs made, and who owns them. They are closed when their controller stays away for
 * longer than the grace period, unless they were made with `keep`.
 */
export class Holdings {
  readonly endpoints = new Map<Peer, Endpoint>();
  readonly sessions = new Map<string, OwnedRoom>();
  readonly presence: Presence;
  readonly #unsubscribes: (() => void)[];
  /** Sends a notification to an owner, if it is connected. */
  notify: Notify = () => {};

  constructor(private readonly options: HoldingsOptions) {
    const { sfu, clock, graceSeconds } = options;
    const { events } = sfu;
    this.presence = new Presence({ clock, graceSeconds, onExpired: (owner) => this.#closeAll(owner) });
    this.#unsubscribes = [
      events.on('roomClosed', (event) => this.#roomClosed(event)),
      events.on('peerRejoin', (event) => this.#mediaLost(event)),
      events.on('transportClosed', ({ transportId, reason, roomId, peerId }) => {
        const endpoint = this.#find(roomId, peerId);
        if (endpoint) this.notify(endpoint.owner, 'transportClosed', { roomId, peerId, transportId, reason });
      }),
    ];
  }

  /**
   * Enters a room as an endpoint and joins.
   * @throws SfuError wrong_state when there is a peer of that id, gone when the owner has gone, and what entering throws
   */
  async addEndpoint({ identity, owner, keep }: NewEndpoint): Promise<Endpoint> {
    const { sfu } = this.options;
    const { roomId, peerId } = identity;
    // Checked when the room is open: two of the same id may come at once.
    const check = ({ peers }: Pick<Room, 'peers'>) => {
      if (peers.has(peerId))
        throw new SfuError(
          'wrong_state',
          `there is a peer "${peerId}" in room "${roomId}" already; use another id`,
        );
    };
    const { room, peer } = await enterWithoutSocket({
      sfu,
      identity,
      check,
      onClose: (...ended) => this.#endpointClosed(...ended),
    });
    this.#requirePresent(owner, () => room.removePeer(peer, 'disconnected'));
    const endpoint = { room, peer, owner, keep };
    this.endpoints.set(peer, endpoint);
    join(endpoint);
    return endpoint;
  }

  /** @throws SfuError not_found */
  endpoint(roomId: string, peerId: string): Endpoint {
    const endpoint = this.endpoints.get(this.options.sfu.peer(roomId, peerId));
    if (endpoint) return endpoint;
    throw new SfuError('not_found', `the peer "${peerId}" is a client, not an endpoint of a program`);
  }

  /** The endpoints in a room. @throws SfuError not_found */
  endpointsIn(roomId: string): Endpoint[] {
    const room = this.options.sfu.room(roomId);
    return [...this.endpoints.values()].filter((endpoint) => endpoint.room === room);
  }

  /** Opens a room that ends with its owner. @throws SfuError wrong_state, draining, worker_unavailable, gone */
  async addSession(request: { roomId: string; options: RoomOptions } & Owned): Promise<OwnedRoom> {
    const { owner, keep, ...roomRequest } = request;
    const { sfu } = this.options;
    const { id } = await sfu.createRoom(roomRequest);
    const room = sfu.rooms.get(id);
    if (!room) throw new SfuError('gone', 'the room was closed as soon as it was open; try again');
    this.#requirePresent(owner, () => room.close('closed'));
    const session = { room, owner, keep };
    this.sessions.set(room.id, session);
    return session;
  }

  /** @throws SfuError not_found */
  session(roomId: string): OwnedRoom {
    const session = this.sessions.get(roomId);
    if (session) return session;
    throw new SfuError('not_found', `there is no session "${roomId}"; it may have ended`);
  }

  /** Gives an endpoint or a session to another owner and notifies the former one. */
  takeOver(holding: Endpoint | OwnedRoom, owner: Owner): void {
    const former = holding.owner;
    if (ownerName(former) === ownerName(owner)) return;
    holding.owner = owner;
    const peerId = 'peer' in holding ? holding.peer.id : null;
    this.notify(former, 'takenOver', { roomId: holding.room.id, peerId, owner });
  }

  closeEndpoint({ room, peer }: Endpoint, by: Actor): void {
    room.removePeer(peer, 'left', { detail: 'its controller closed it', by });
  }

  closeSession({ room }: OwnedRoom, by: Actor): void {
    room.close('closed', by);
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.presence.close();
  }

  /** Undoes what was made for a controller that has gone meanwhile: nobody would own it, so it would never end. */
  #requirePresent(owner: Owner, undo: () => void): void {
    if (this.presence.isPresent(owner)) return;
    undo();
    throw new SfuError('gone', 'your connection ended meanwhile; connect again');
  }

  #closeAll(owner: Owner): void {
    const isLost = (holding: Owned) => !holding.keep && ownerName(holding.owner) === ownerName(owner);
    const by: Actor = { kind: 'api', id: owner.key };
    const detail = 'its controller disconnected and did not come back';
    for (const { room, peer } of [...this.endpoints.values()].filter(isLost)) {
      room.removePeer(peer, 'disconnected', { detail, by });
    }
    for (const session of [...this.sessions.values()].filter(isLost)) this.closeSession(session, by);
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

  /** The room moved to another worker: the endpoint rejoins at once, and its owner has to open new transports. */
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
