import type { Identity } from '../core/grants.ts';
import type { Fullness } from './full.ts';
import { draining } from './rooms/drain.ts';
import type { RoomRegistry } from './rooms/registry.ts';
import type { Room } from './rooms/room.ts';
import type { RoomOptions } from './rooms/room-options.ts';
import type { SfuSettings } from './rooms/settings.ts';
import type { SfuMesh } from './sfu-mesh.ts';

export interface EntranceOptions {
  readonly registry: Pick<RoomRegistry, 'rooms' | 'open'>;
  readonly mesh: Pick<SfuMesh, 'settling'>;
  readonly drainJoins: SfuSettings['drainJoins'];
  /** Whether the node is about to end. */
  readonly ends: () => boolean;
  /** @throws SfuError for somebody who may not be in a room */
  readonly admit: (identity: Identity) => void;
  readonly fullness: Pick<Fullness, 'check'>;
}

/** The way into the rooms of this node. */
export class Entrance {
  constructor(private readonly options: EntranceOptions) {}

  /** The room of somebody who may enter, which is opened where it is not. @throws SfuError draining, worker_unavailable */
  async roomFor(identity: Identity): Promise<Room> {
    const { registry, mesh, admit, fullness } = this.options;
    admit(identity);
    const present = registry.rooms.get(identity.roomId);
    if (present) this.#checkDrain(present, identity.peerId);
    fullness.check(identity, present?.peers.has(identity.peerId) ?? false);
    const room = present ?? (await this.open(identity.roomId));
    const settling = mesh.settling(room.id);
    if (settling) await settling;
    // A ban may have come while the room was being opened.
    admit(identity);
    return room;
  }

  /** @throws SfuError draining, worker_unavailable */
  async open(roomId: string, options?: RoomOptions): Promise<Room> {
    if (this.options.ends()) throw draining('opens no rooms');
    return await this.options.registry.open(roomId, options);
  }

  /** A peer of the room that lost its connection may come back in any case. */
  #checkDrain(room: Room, peerId: string): void {
    const { drainJoins, ends } = this.options;
    if (!ends() || drainJoins === 'allow' || room.peers.has(peerId)) return;
    throw draining('lets nobody new in');
  }
}
