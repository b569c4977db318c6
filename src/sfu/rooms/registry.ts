import { attributeLimits } from '../../core/attributes.ts';
import { SfuError } from '../../core/errors.ts';
import { Paces } from '../../core/pace.ts';
import { messageLimits } from '../../core/peer-messages.ts';
import type { MeshContext } from './mesh-context.ts';
import type { Peer } from './peer.ts';
import { followQuality } from './quality.ts';
import { Room } from './room.ts';
import type { RoomContext } from './room-context.ts';
import type { RoomOptions } from './room-options.ts';

/** The rooms of this node. */
export class RoomRegistry {
  readonly rooms = new Map<string, Room>();
  readonly #opening = new Map<string, Promise<Room>>();
  #closed = false;

  readonly #context: RoomContext;

  constructor(context: Omit<RoomContext, 'onClosed' | 'attributePaces' | 'messagePaces'>) {
    const { clock } = context;
    this.#context = {
      ...context,
      attributePaces: new Paces({ clock, perSecond: () => attributeLimits.changesPerSecond }),
      messagePaces: new Paces({ clock, perSecond: () => messageLimits.receivedKibPerSecond }),
      onClosed: (roomId) => void this.rooms.delete(roomId),
    };
    followQuality(context.events, ({ roomId, peerId, sessionId }) => {
      const room = this.rooms.get(roomId);
      const peer = room?.peers.get(peerId);
      return room && peer?.sessionId === sessionId ? { room, peer } : undefined;
    });
  }

  /** Rooms that are opened from now on are one with those of other nodes. */
  connect(mesh: MeshContext): void {
    this.#context.mesh = mesh;
  }

  has(roomId: string): boolean {
    return this.rooms.has(roomId) || this.#opening.has(roomId);
  }

  /** @throws SfuError not_found */
  room(roomId: string): Room {
    const room = this.rooms.get(roomId);
    if (room) return room;
    throw new SfuError('not_found', `there is no room "${roomId}" on this node; it may have ended`);
  }

  /** @throws SfuError not_found */
  peer(roomId: string, peerId: string): Peer {
    const peer = this.room(roomId).peers.get(peerId);
    if (peer) return peer;
    throw new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
  }

  /** Opens a room, or waits for it while it is being opened. @throws SfuError worker_unavailable */
  async open(roomId: string, options?: RoomOptions): Promise<Room> {
    return await (this.#opening.get(roomId) ?? this.#create(roomId, options));
  }

  /** Ends every room, and those that are being opened. @returns how many peers there were */
  close(reason: 'draining' | 'server_closed'): number {
    this.#closed ||= reason === 'server_closed';
    const rooms = [...this.rooms.values()];
    const peers = rooms.reduce((sum, room) => sum + room.peers.size, 0);
    for (const room of rooms) room.close(reason);
    return peers;
  }

  #create(roomId: string, options?: RoomOptions): Promise<Room> {
    const opening = Room.open(roomId, this.#context, options)
      .then((room) => {
        this.rooms.set(roomId, room);
        const workerIndex = room.routers.home?.live.index ?? 0;
        this.#context.events.emit('roomOpened', { roomId, workerIndex });
        if (this.#closed) room.close('server_closed');
        return room;
      })
      .finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    return opening;
  }
}
