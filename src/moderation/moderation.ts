import { SfuError, toSfuError } from '../errors.ts';
import type { Actor } from '../sfu/events.ts';
import type { Grants, Source } from '../sfu/grants.ts';
import type { Peer } from '../sfu/peer.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { AuditIntent } from '../store/audit.ts';
import { type BanKind, banKinds, type NewBan } from '../store/bans.ts';
import type { Store } from '../store/store.ts';
import { type Remains, removeCompletely } from './completion.ts';

/** Who asks for something, from where, and why. */
export interface Asker {
  readonly by: Actor;
  readonly address?: string;
  readonly reason?: string;
}

export interface RoomTarget extends Asker {
  readonly roomId: string;
}

export interface PeerTarget extends RoomTarget {
  readonly peerId: string;
}

export interface ProducerTarget extends PeerTarget {
  readonly producerId: string;
}

/** How somebody is kept out. */
export interface BanOrder {
  readonly scope: 'room' | 'server';
  /** What they are recognised by. */
  readonly kinds: readonly BanKind[];
  /** For how long; null for good. */
  readonly milliseconds: number | null;
}

/**
 * The commands on rooms and peers as moderators give them, from the page, from the call, or over REST: each is written
 * to the audit log before it is carried out and its result after.
 */
export class Moderation {
  constructor(
    private readonly sfu: Sfu,
    private readonly store: Store,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Puts a peer out and makes its tokens void; with a ban it does not get back in with new ones either.
   * Resolves when it is complete, or with what was left of it after five seconds. @throws SfuError not_found
   */
  async removePeer(target: PeerTarget, ban?: BanOrder): Promise<Remains> {
    const { roomId, peerId, by, reason = '' } = target;
    const room = this.sfu.room(roomId);
    const peer = this.sfu.peer(roomId, peerId);
    const bans = ban ? bansOf(peer, ban, { by, reason, now: this.now() }) : [];
    const action = ban ? 'peer.ban' : 'peer.remove';
    const details = ban ? { scope: ban.scope, by: bans.map(({ kind }) => kind), until: untilOf(bans) } : {};
    const prepare = () => {
      this.store.bans.voidTokens(roomId, peerId);
      for (const entry of bans) this.store.bans.add(entry);
    };
    let remains: Remains = [];
    await this.#audited({ ...target, action, details }, { prepare }, async () => {
      const detail = ban
        ? `you were banned${reason ? `: ${reason}` : ''}`
        : `a moderator removed you${reason ? `: ${reason}` : ''}`;
      remains = await removeCompletely(this.sfu, { room, peer }, () =>
        this.sfu.removePeer({ roomId, peerId, reason: detail, by }),
      );
      this.#putOutBanned(by, detail);
      return completeOrNot(remains);
    });
    return remains;
  }

  /** Bans somebody who need not be here. Whoever it fits is put out. */
  async ban(ban: NewBan, asker: Asker): Promise<void> {
    const { kind, value, roomId, expiresAt } = ban;
    const intent = {
      ...asker,
      action: 'ban.add',
      ...(roomId !== null && { roomId }),
      details: { kind, value, until: expiresAt },
    };
    await this.#audited(intent, { prepare: () => this.store.bans.add(ban) }, () =>
      this.#putOutBanned(asker.by, `you were banned${ban.reason ? `: ${ban.reason}` : ''}`),
    );
  }

  /** Ends a ban. @throws SfuError not_found when none with that id holds */
  async liftBan(id: number, asker: Asker): Promise<void> {
    const ban = this.store.bans.get(id);
    const details = { id, kind: ban?.kind, value: ban?.value };
    const intent = { ...asker, action: 'ban.lift', details, ...(ban?.roomId && { roomId: ban.roomId }) };
    await this.#audited(intent, {}, () => {
      if (!this.store.bans.lift(id))
        throw new SfuError('not_found', 'there is no such ban any more; it has ended or was lifted');
    });
  }

  async muteProducer(target: ProducerTarget): Promise<void> {
    await this.#audited({ ...target, action: 'producer.mute', details: this.#described(target) }, {}, () =>
      this.sfu.muteProducer(target),
    );
  }

  async allowProducer(target: ProducerTarget): Promise<void> {
    await this.#audited({ ...target, action: 'producer.allow', details: this.#described(target) }, {}, () =>
      this.sfu.allowProducer(target),
    );
  }

  /** Mutes everything of one source that is not muted yet, but for moderators'. @returns how many were muted */
  async muteAll(target: RoomTarget & { source: Source }): Promise<number> {
    const { roomId, source, by } = target;
    let muted = 0;
    await this.#audited({ ...target, action: 'room.mute', details: { source } }, {}, async () => {
      const chosen = this.sfu
        .room(roomId)
        .publications.filter(
          ({ peer, source: own, pausedBy }) =>
            own === source && !pausedBy.has('moderator') && !peer.identity.grants.moderate,
        );
      muted = chosen.length;
      const mute = ({ peer, producer }: (typeof chosen)[number]) =>
        this.sfu.muteProducer({ roomId, peerId: peer.id, producerId: producer.id, by });
      // Someone who leaves at this moment needs no mute, and must not keep the others from theirs.
      await Promise.allSettled(chosen.map(mute));
      return `done: ${muted} muted`;
    });
    return muted;
  }

  /** Sets what a peer may publish from now on. */
  async setPublish(target: PeerTarget & { publish: Grants['publish'] }): Promise<void> {
    const { publish } = target;
    await this.#audited({ ...target, action: 'peer.publish', details: { publish } }, {}, () =>
      this.sfu.setPublish(target),
    );
  }

  /** Sends a text to a peer, or to everyone in a room. */
  async notice(target: RoomTarget & { peerId?: string; message: string }): Promise<void> {
    const { message } = target;
    await this.#audited({ ...target, action: 'notice', details: { message } }, {}, () =>
      this.sfu.notice(target),
    );
  }

  /** A locked room lets nobody new in. */
  async setRoomLocked(target: RoomTarget & { locked: boolean }): Promise<void> {
    await this.#audited({ ...target, action: target.locked ? 'room.lock' : 'room.unlock' }, {}, () =>
      this.sfu.setRoomLocked(target),
    );
  }

  /** Limits the bits a second that each transport of a room may send; null takes the limit away. */
  async capBitrate(target: RoomTarget & { bitrate: number | null }): Promise<void> {
    const { bitrate } = target;
    await this.#audited({ ...target, action: 'room.cap', details: { bitrate } }, {}, () =>
      this.sfu.capBitrate(target),
    );
  }

  async closeRoom(target: RoomTarget): Promise<void> {
    await this.#audited({ ...target, action: 'room.close' }, {}, () => this.sfu.closeRoom(target));
  }

  /** Builds a room anew on another worker; its peers are asked to rejoin. */
  async moveRoom(target: RoomTarget & { workerIndex: number }): Promise<void> {
    const { workerIndex } = target;
    await this.#audited({ ...target, action: 'room.move', details: { workerIndex } }, {}, () =>
      this.sfu.moveRoom(target),
    );
  }

  /** Starts a drain; does not wait for its end. */
  async drain(asker: Asker & { milliseconds: number }): Promise<void> {
    const { milliseconds, by } = asker;
    await this.#audited(
      { ...asker, action: 'node.drain', details: { seconds: milliseconds / 1000 } },
      {},
      () => {
        void this.sfu.drain({ milliseconds, by });
      },
    );
  }

  async cancelDrain(asker: Asker): Promise<void> {
    await this.#audited({ ...asker, action: 'node.drain.cancel' }, {}, () => this.sfu.cancelDrain(asker.by));
  }

  /** Intent, command, result. What `prepare` writes stands or falls with the intent. */
  async #audited(
    intent: AuditIntent,
    { prepare }: { prepare?: () => unknown },
    command: () => unknown,
  ): Promise<void> {
    const id = this.store.transaction(() => {
      prepare?.();
      return this.store.audit.begin(intent);
    });
    try {
      const result = await command();
      this.store.audit.finish(id, typeof result === 'string' ? result : 'done');
    } catch (error) {
      this.store.audit.finish(id, `failed: ${toSfuError(error).reason}`);
      throw error;
    }
  }

  /** Puts out everyone, in any room, whom a ban now keeps out. */
  #putOutBanned(by: Actor, reason: string): void {
    for (const room of [...this.sfu.rooms.values()]) {
      for (const { id, identity } of [...room.peers.values()]) {
        if (this.store.bans.holds(identity)) this.sfu.removePeer({ roomId: room.id, peerId: id, reason, by });
      }
    }
  }

  #described({ roomId, peerId, producerId }: ProducerTarget): Record<string, unknown> {
    return { producerId, source: this.sfu.peer(roomId, peerId).publication(producerId).source };
  }
}

function bansOf(
  { identity }: Peer,
  { scope, kinds, milliseconds }: BanOrder,
  { by, reason, now }: { by: Actor; reason: string; now: number },
): NewBan[] {
  const values = {
    identity: identity.peerId,
    token: identity.tokenId,
    address: identity.address || undefined,
  };
  const roomId = scope === 'room' ? identity.roomId : null;
  const expiresAt = milliseconds === null ? null : now + milliseconds;
  return banKinds.flatMap((kind) => {
    const value = values[kind];
    return kinds.includes(kind) && value !== undefined
      ? [{ kind, value, roomId, reason, by, expiresAt }]
      : [];
  });
}

function untilOf(bans: readonly NewBan[]): number | null {
  return bans[0]?.expiresAt ?? null;
}

function completeOrNot(remains: Remains): string {
  return remains.length === 0 ? 'done' : `incomplete: still there: ${remains.join(', ')}`;
}
