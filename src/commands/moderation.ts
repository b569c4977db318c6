import type { Actor } from '../core/actors.ts';
import { SfuError } from '../core/errors.ts';
import type { Grants } from '../core/grants.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { RoomChanges, RoomOptions } from '../sfu/rooms/room-options.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Ban, NewBan } from '../store/bans.ts';
import type { Store } from '../store/store.ts';
import { audited } from './audited.ts';
import { type Remains, removeCompletely } from './completion.ts';
import { MediaModeration } from './media-moderation.ts';
import { type Asker, type BanOrder, bansOf, type PeerTarget, type RoomTarget } from './orders.ts';

export type { Asker, BanOrder, PeerTarget } from './orders.ts';

/** What came of a removal. */
export interface Removal {
  /** What was left of the peer after five seconds; normally nothing. */
  readonly remains: Remains;
  /** Those that keep it out. */
  readonly bans: readonly Ban[];
}

/**
 * The commands on rooms and peers as moderators give them, from the page, from the call, or over REST: each is written
 * to the audit log before it is carried out and its result after.
 */
export class Moderation extends MediaModeration {
  constructor(
    sfu: Sfu,
    store: Store,
    private readonly now: () => number = Date.now,
  ) {
    super(sfu, store);
  }

  /**
   * Puts a peer out and makes its tokens void; with a ban it does not get back in with new ones either.
   * Resolves when it is complete, or with what was left of it after five seconds. @throws SfuError not_found
   */
  async removePeer(target: PeerTarget, order?: BanOrder): Promise<Removal> {
    const { roomId, peerId, by, reason = '' } = target;
    const room = this.sfu.room(roomId);
    const peer = this.sfu.peer(roomId, peerId);
    const wanted = order ? bansOf(peer, order, { by, reason, now: this.now() }) : [];
    const kinds = wanted.map(({ kind }) => kind);
    const details = order ? { scope: order.scope, by: kinds, until: wanted[0]?.expiresAt ?? null } : {};
    const told = order ? 'you were banned' : 'a moderator removed you';
    const detail = `${told}${reason ? `: ${reason}` : ''}`;
    return await audited(
      this.store,
      { ...target, action: order ? 'peer.ban' : 'peer.remove', details },
      {
        prepare: () => {
          this.store.bans.voidTokens(roomId, peerId);
          return wanted.map((ban) => this.store.bans.add(ban));
        },
        command: async (bans) => {
          const remove = () => this.sfu.removePeer({ roomId, peerId, reason: detail, by });
          const remains = await removeCompletely(this.sfu, { room, peer }, remove);
          this.#putOutBanned(by, detail);
          return { remains, bans };
        },
        worded: completeOrNot,
      },
    );
  }

  /** Bans somebody who need not be here. Whoever it fits is put out. @returns the ban */
  async ban(ban: NewBan, asker: Asker): Promise<Ban> {
    const { kind, value, roomId, expiresAt } = ban;
    const details = { kind, value, until: expiresAt };
    const intent = { ...asker, action: 'ban.add', ...(roomId !== null && { roomId }), details };
    return await audited(this.store, intent, {
      prepare: () => this.store.bans.add(ban),
      command: (added) => {
        this.#putOutBanned(asker.by, `you were banned${ban.reason ? `: ${ban.reason}` : ''}`);
        return added;
      },
    });
  }

  /** Ends a ban. @throws SfuError not_found when none with that id holds */
  async liftBan(id: number, asker: Asker): Promise<void> {
    const ban = this.store.bans.get(id);
    const details = { id, kind: ban?.kind, value: ban?.value };
    const intent = { ...asker, action: 'ban.lift', details, ...(ban?.roomId && { roomId: ban.roomId }) };
    await this.audited(intent, () => {
      if (!this.store.bans.lift(id))
        throw new SfuError('not_found', 'there is no such ban any more; it has ended or was lifted');
    });
  }

  /** Sets what a peer may publish from now on. */
  async setPublish(target: PeerTarget & { publish: Grants['publish'] }): Promise<void> {
    const { publish } = target;
    await this.audited({ ...target, action: 'peer.publish', details: { publish } }, () =>
      this.sfu.setPublish(target),
    );
  }

  /** Sets the metadata of a peer, which programs see. */
  async setPeerMetadata(target: PeerTarget & { metadata: Readonly<Record<string, unknown>> }): Promise<void> {
    const { metadata } = target;
    await this.audited({ ...target, action: 'peer.metadata', details: { metadata } }, () =>
      this.sfu.setPeerMetadata(target),
    );
  }

  /** Sends a text to a peer, or to everyone in a room. */
  async notice(target: RoomTarget & { peerId?: string; message: string }): Promise<void> {
    const { message } = target;
    await this.audited({ ...target, action: 'notice', details: { message } }, () => this.sfu.notice(target));
  }

  /** Opens a room before anybody enters it. @throws SfuError wrong_state, draining, worker_unavailable */
  async createRoom(target: RoomTarget & { options: RoomOptions }): Promise<Room> {
    const { options } = target;
    return await this.audited({ ...target, action: 'room.create', details: { ...options } }, () =>
      this.sfu.createRoom(target),
    );
  }

  /** Changes what a room is like. */
  async changeRoom(target: RoomTarget & { changes: RoomChanges }): Promise<void> {
    const { changes } = target;
    await this.audited({ ...target, action: 'room.change', details: { ...changes } }, () =>
      this.sfu.changeRoom(target),
    );
  }

  /** A locked room lets nobody new in. */
  async setRoomLocked(target: RoomTarget & { locked: boolean }): Promise<void> {
    await this.audited({ ...target, action: target.locked ? 'room.lock' : 'room.unlock' }, () =>
      this.sfu.setRoomLocked(target),
    );
  }

  /** Limits the bits a second that each transport of a room may send; null takes the limit away. */
  async capBitrate(target: RoomTarget & { bitrate: number | null }): Promise<void> {
    const { bitrate } = target;
    await this.audited({ ...target, action: 'room.cap', details: { bitrate } }, () =>
      this.sfu.capBitrate(target),
    );
  }

  async closeRoom(target: RoomTarget): Promise<void> {
    await this.audited({ ...target, action: 'room.close' }, () => this.sfu.closeRoom(target));
  }

  /** Builds a room anew on another worker; its peers are asked to rejoin. */
  async moveRoom(target: RoomTarget & { workerIndex: number }): Promise<void> {
    const { workerIndex } = target;
    await this.audited({ ...target, action: 'room.move', details: { workerIndex } }, () =>
      this.sfu.moveRoom(target),
    );
  }

  /** Starts a drain; does not wait for its end. */
  async drain(asker: Asker & { milliseconds: number }): Promise<void> {
    const { milliseconds, by } = asker;
    await this.audited({ ...asker, action: 'node.drain', details: { seconds: milliseconds / 1000 } }, () => {
      void this.sfu.drain({ milliseconds, by });
    });
  }

  async cancelDrain(asker: Asker): Promise<void> {
    await this.audited({ ...asker, action: 'node.drain.cancel' }, () => this.sfu.cancelDrain(asker.by));
  }

  /** Puts out everyone, in any room, whom a ban now keeps out. */
  #putOutBanned(by: Actor, reason: string): void {
    for (const room of [...this.sfu.rooms.values()]) {
      for (const { id, identity } of [...room.peers.values()]) {
        if (this.store.bans.holds(identity)) this.sfu.removePeer({ roomId: room.id, peerId: id, reason, by });
      }
    }
  }
}

function completeOrNot({ remains }: { remains: Remains }): string {
  return remains.length === 0 ? 'done' : `incomplete: still there: ${remains.join(', ')}`;
}
