import type { Actor } from '../core/actors.ts';
import { SfuError } from '../core/errors.ts';
import type { Grants } from '../core/grants.ts';
import type { Source } from '../core/sources.ts';
import type { RoomChanges, RoomOptions } from '../sfu/rooms/room-options.ts';
import type { PeerSnapshot, ProducerSnapshot, RoomSnapshot } from '../sfu/rooms/snapshot.ts';
import type { Remains } from '../sfu/rooms/traces.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { AuditIntent } from '../store/audit.ts';
import type { Ban, NewBan } from '../store/bans.ts';
import type { Store } from '../store/store.ts';
import { type AuditedWork, audited } from './audited.ts';
import {
  type Asker,
  type BanOrder,
  bansOf,
  type ConsumerTarget,
  type PeerTarget,
  type ProducerTarget,
  type RoomTarget,
} from './orders.ts';

export type { Asker, BanOrder, PeerTarget } from './orders.ts';

/** What came of a removal. */
export interface Removal {
  /** What was left of the peer after five seconds; normally nothing. */
  readonly remains: Remains;
  /** Those that keep it out. */
  readonly bans: readonly Ban[];
}

/**
 * What moderators and programs do, from the page, from the call, or over REST: by id, with plain results. Each command
 * is written to the audit log before it is carried out, and its result after.
 */
export class Commands {
  constructor(
    private readonly sfu: Sfu,
    private readonly store: Store,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Puts a peer out and makes its tokens void; with a ban it does not get back in with new ones either.
   * Resolves when it is complete, or with what was left of it after five seconds. @throws SfuError not_found
   */
  async removePeer(target: PeerTarget, order?: BanOrder): Promise<Removal> {
    const { roomId, peerId, by, reason = '' } = target;
    const peer = this.sfu.read.peer(roomId, peerId);
    const wanted = order ? bansOf(peer, order, { roomId, by, reason, now: this.now() }) : [];
    const kinds = wanted.map(({ kind }) => kind);
    const details = order ? { scope: order.scope, by: kinds, until: wanted[0]?.expiresAt ?? null } : {};
    const said = order ? 'you were banned' : 'a moderator removed you';
    const detail = `${said}${reason ? `: ${reason}` : ''}`;
    const intent = { ...target, action: order ? 'peer.ban' : 'peer.remove', details };
    return await audited(this.store, intent, {
      prepare: () => {
        this.store.bans.voidTokens(roomId, peerId);
        return wanted.map((ban) => this.store.bans.add(ban));
      },
      command: async (bans) => {
        const removing = this.sfu.removePeer({ roomId, peerId, reason: detail, by });
        this.#removeBanned(by, detail);
        return { remains: await removing, bans };
      },
      worded: completeOrNot,
    });
  }

  /** Bans somebody who need not be here. Peers that the ban fits are removed. @returns the ban */
  async ban(ban: NewBan, asker: Asker): Promise<Ban> {
    const { kind, value, roomId, expiresAt } = ban;
    const details = { kind, value, until: expiresAt };
    const intent = { ...asker, action: 'ban.add', ...(roomId !== null && { roomId }), details };
    return await audited(this.store, intent, {
      prepare: () => this.store.bans.add(ban),
      command: (added) => {
        this.#removeBanned(asker.by, `you were banned${ban.reason ? `: ${ban.reason}` : ''}`);
        return added;
      },
    });
  }

  /** Ends a ban. @throws SfuError not_found when none with that id holds */
  async liftBan(id: number, asker: Asker): Promise<void> {
    const ban = this.store.bans.get(id);
    const details = { id, kind: ban?.kind, value: ban?.value };
    const intent = { ...asker, action: 'ban.lift', details, ...(ban?.roomId && { roomId: ban.roomId }) };
    await this.#audited(intent, () => {
      if (!this.store.bans.lift(id))
        throw new SfuError('not_found', 'there is no such ban any more; it has ended or was lifted');
    });
  }

  async muteProducer(target: ProducerTarget): Promise<void> {
    const details = this.#described(target);
    await this.#audited({ ...target, action: 'producer.mute', details }, () => this.sfu.muteProducer(target));
  }

  async allowProducer(target: ProducerTarget): Promise<void> {
    const details = this.#described(target);
    await this.#audited({ ...target, action: 'producer.allow', details }, () =>
      this.sfu.allowProducer(target),
    );
  }

  async closeProducer(target: ProducerTarget): Promise<void> {
    const details = this.#described(target);
    await this.#audited({ ...target, action: 'producer.close', details }, () =>
      this.sfu.closeProducer(target),
    );
  }

  /** Holds what a peer receives; its client is notified, and may resume it. */
  async pauseConsumer(target: ConsumerTarget): Promise<void> {
    const details = { consumerId: target.consumerId };
    await this.#audited({ ...target, action: 'consumer.pause', details }, () =>
      this.sfu.pauseConsumer(target),
    );
  }

  async resumeConsumer(target: ConsumerTarget): Promise<void> {
    const details = { consumerId: target.consumerId };
    await this.#audited({ ...target, action: 'consumer.resume', details }, () =>
      this.sfu.resumeConsumer(target),
    );
  }

  async closeConsumer(target: ConsumerTarget): Promise<void> {
    const details = { consumerId: target.consumerId };
    await this.#audited({ ...target, action: 'consumer.close', details }, () =>
      this.sfu.closeConsumer(target),
    );
  }

  /**
   * Mutes everything of one source that is not muted yet, but for moderators'; or all that one peer sends, of that
   * source where one is given. @returns how many were muted
   */
  async muteAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const { source, peerId } = target;
    const chosen = (peer: PeerSnapshot, producer: ProducerSnapshot) =>
      (source === undefined || producer.source === source) &&
      !producer.pausedBy.includes('moderator') &&
      (peerId === undefined ? !peer.grants.moderate : peer.id === peerId);
    const action = peerId === undefined ? 'room.mute' : 'peer.mute';
    return await this.#eachProducer({ ...target, action }, chosen, (one) => this.sfu.muteProducer(one));
  }

  /** Ends the mutes of a peer: it may resume what it sends. @returns how many were ended */
  async allowAll(target: PeerTarget & { source?: Source }): Promise<number> {
    const { source, peerId } = target;
    const chosen = (peer: PeerSnapshot, producer: ProducerSnapshot) =>
      peer.id === peerId &&
      (source === undefined || producer.source === source) &&
      producer.pausedBy.includes('moderator');
    const intent = { ...target, action: 'peer.allow' };
    return await this.#eachProducer(intent, chosen, (one) => this.sfu.allowProducer(one));
  }

  /** Sets what a peer may publish from now on. */
  async setPublish(target: PeerTarget & { publish: Grants['publish'] }): Promise<void> {
    const { publish } = target;
    await this.#audited({ ...target, action: 'peer.publish', details: { publish } }, () =>
      this.sfu.setPublish(target),
    );
  }

  /** Sets the metadata of a peer, which programs see. */
  async setPeerMetadata(target: PeerTarget & { metadata: Readonly<Record<string, unknown>> }): Promise<void> {
    const { metadata } = target;
    await this.#audited({ ...target, action: 'peer.metadata', details: { metadata } }, () =>
      this.sfu.setPeerMetadata(target),
    );
  }

  /** Sends a text to a peer, or to everyone in a room. */
  async notice(target: RoomTarget & { peerId?: string; message: string }): Promise<void> {
    const { message } = target;
    await this.#audited({ ...target, action: 'notice', details: { message } }, () => this.sfu.notice(target));
  }

  /** Opens a room before anybody enters it. @throws SfuError wrong_state, draining, worker_unavailable */
  async createRoom(target: RoomTarget & { options: RoomOptions }): Promise<RoomSnapshot> {
    const { options } = target;
    return await this.#audited({ ...target, action: 'room.create', details: { ...options } }, () =>
      this.sfu.createRoom(target),
    );
  }

  /** Changes what a room is like. */
  async changeRoom(target: RoomTarget & { changes: RoomChanges }): Promise<void> {
    const { changes } = target;
    await this.#audited({ ...target, action: 'room.change', details: { ...changes } }, () =>
      this.sfu.changeRoom(target),
    );
  }

  /** A locked room lets nobody new in. */
  async setRoomLocked(target: RoomTarget & { locked: boolean }): Promise<void> {
    await this.#audited({ ...target, action: target.locked ? 'room.lock' : 'room.unlock' }, () =>
      this.sfu.setRoomLocked(target),
    );
  }

  /** Limits the bits a second that each transport of a room may send; null takes the limit away. */
  async capBitrate(target: RoomTarget & { bitrate: number | null }): Promise<void> {
    const { bitrate } = target;
    await this.#audited({ ...target, action: 'room.cap', details: { bitrate } }, () =>
      this.sfu.capBitrate(target),
    );
  }

  async closeRoom(target: RoomTarget): Promise<void> {
    await this.#audited({ ...target, action: 'room.close' }, () => this.sfu.closeRoom(target));
  }

  /** Builds a room again on another worker; its peers are asked to rejoin. */
  async moveRoom(target: RoomTarget & { workerIndex: number }): Promise<void> {
    const { workerIndex } = target;
    await this.#audited({ ...target, action: 'room.move', details: { workerIndex } }, () =>
      this.sfu.moveRoom(target),
    );
  }

  /** Starts a drain; does not wait for its end. */
  async drain(asker: Asker & { milliseconds: number }): Promise<void> {
    const { milliseconds, by } = asker;
    await this.#audited({ ...asker, action: 'node.drain', details: { seconds: milliseconds / 1000 } }, () => {
      void this.sfu.drain({ milliseconds, by });
    });
  }

  async cancelDrain(asker: Asker): Promise<void> {
    await this.#audited({ ...asker, action: 'node.drain.cancel' }, () => this.sfu.cancelDrain(asker.by));
  }

  #audited<T>(intent: AuditIntent, command: () => T | Promise<T>, worded?: AuditedWork<T, void>['worded']) {
    return audited(this.store, intent, { prepare: () => {}, command, worded });
  }

  /** Does something to those producers of a room that are chosen. @returns how many there were */
  async #eachProducer(
    intent: RoomTarget & { action: string; source?: Source },
    chosen: (peer: PeerSnapshot, producer: ProducerSnapshot) => boolean,
    act: (target: { roomId: string; peerId: string; producerId: string; by: Actor }) => unknown,
  ): Promise<number> {
    const { roomId, by, source = 'all', action } = intent;
    const command = async () => {
      const targets = this.sfu.read
        .room(roomId)
        .peers.flatMap((peer) =>
          peer.producers
            .filter((producer) => peer.state === 'joined' && chosen(peer, producer))
            .map(({ id: producerId }) => ({ roomId, peerId: peer.id, producerId, by })),
        );
      // Someone who leaves at this moment needs no mute, and must not keep the others from theirs.
      await Promise.allSettled(targets.map(async (target) => act(target)));
      return targets.length;
    };
    const verb = action === 'peer.allow' ? 'allowed' : 'muted';
    return await this.#audited(
      { ...intent, details: { source } },
      command,
      (count) => `done: ${count} ${verb}`,
    );
  }

  #described({ roomId, producerId }: ProducerTarget): Record<string, unknown> {
    return { producerId, source: this.sfu.read.producer(roomId, producerId).source };
  }

  /** Removes every peer, in any room, that a ban now keeps out. */
  #removeBanned(by: Actor, reason: string): void {
    for (const { roomId, peerId } of this.sfu.findPeers(
      (identity) => this.store.bans.findActive(identity) !== undefined,
    ))
      void this.sfu.removePeer({ roomId, peerId, reason, by });
  }
}

function completeOrNot({ remains }: { remains: Remains }): string {
  return remains.length === 0 ? 'done' : `incomplete: still there: ${remains.join(', ')}`;
}
