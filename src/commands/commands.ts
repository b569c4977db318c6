import type { Actor } from '../core/actors.ts';
import { SfuError } from '../core/errors.ts';
import { decidedPublish, type PublishDecision } from '../core/grants.ts';
import type { Source } from '../core/sources.ts';
import type { RoomChanges, RoomOptions } from '../sfu/rooms/room-options.ts';
import type { RoomSnapshot } from '../sfu/rooms/snapshot.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { type Ban, type NewBan, readBan } from '../store/bans.ts';
import type { Store } from '../store/store.ts';
import { type AttributesTarget, setAttributesOf } from './attributes.ts';
import { type AuditedWork, audited } from './audited.ts';
import { type BanRequest, bansFor } from './ban-request.ts';
import { lowerHandsOf } from './lowering.ts';
import {
  describeRemoval,
  goOn,
  goOnUnbanned,
  notBanned,
  type Removal,
  type Stored,
  withReason,
} from './removal.ts';
import { muted, open, type Selection, selected } from './selection.ts';
import { removeBanned } from './sweep.ts';
import type { ConsumerTarget, Intent, PeerTarget, ProducerTarget, Requester, RoomTarget } from './targets.ts';
import { withName } from './with-name.ts';

export type { BanRequest } from './ban-request.ts';
export type { Removal } from './removal.ts';
export type { PeerTarget, Requester } from './targets.ts';

/**
 * What moderators and programs can do, for the dashboard, signaling and REST alike: by id, with plain results. Each
 * command is written to the audit log before it runs, and its result after. When it cannot be written, what protects
 * people or the node (removing, muting, closing, locking, limiting, draining) is done all the same and the requester is
 * warned; the rest throws storage_unavailable or storage_busy.
 */
export class Commands {
  constructor(
    private readonly sfu: Sfu,
    private readonly store: Store,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Removes a peer with all that its subject has in the room, and makes the tokens of the subject void. With a ban, new
   * tokens do not let it back in either. Resolves when the removal is complete, or after five seconds with what is
   * left. @throws SfuError not_found; storage_unavailable, storage_busy when the peer was removed and could not be banned
   */
  async removePeer(target: PeerTarget, ban?: BanRequest): Promise<Removal> {
    const { roomId, peerId, by, reason = '' } = target;
    const peer = this.sfu.read.peer(roomId, peerId);
    const newBans = ban ? bansFor(peer, ban, { roomId, by, reason, now: this.now() }) : [];
    const kinds = newBans.map(({ kind }) => kind);
    const details = ban ? { scope: ban.scope, by: kinds, until: newBans[0]?.expiresAt ?? null } : {};
    const notice = withReason(ban ? 'you were banned' : 'a moderator removed you', reason);
    const intent = { ...target, action: ban ? 'peer.ban' : 'peer.remove', details };
    const removed = { roomId, subject: peer.subject, issuedAt: peer.issuedAt ?? 0 };
    const prepareUnstored = (error: SfuError): Stored => {
      this.store.bans.voidTokensUnstored(removed);
      return { bans: [], ...(newBans.length > 0 && { error }) };
    };
    const done = 'the peer was removed';
    return await audited(this.store, withName(this.sfu, intent), {
      prepare: (): Stored => {
        this.store.bans.voidTokens(removed);
        return { bans: newBans.map((newBan) => this.store.bans.add(newBan)) };
      },
      command: async ({ bans, error }) => {
        const removing = this.sfu.removePeer({ roomId, peerId, reason: notice, by });
        removeBanned(this.sfu, newBans);
        const remains = await removing;
        if (error) throw notBanned(error, done);
        return { remains, bans };
      },
      describeResult: describeRemoval,
      unrecorded: newBans.length > 0 ? goOnUnbanned(done, prepareUnstored) : goOn(target, prepareUnstored),
    });
  }

  /**
   * Adds a ban, also for someone who is not connected. Peers that it matches are removed. @returns the ban
   * @throws SfuError invalid_params; storage_unavailable, storage_busy when those were removed and the ban not stored
   */
  async ban(newBan: NewBan, requester: Requester): Promise<Ban> {
    const ban = readBan(newBan);
    const done = 'who was there is removed';
    const { kind, value, roomId, expiresAt } = ban;
    const details = { kind, value, until: expiresAt };
    const intent = { ...requester, action: 'ban.add', ...(roomId !== null && { roomId }), details };
    return await audited(this.store, intent, {
      prepare: (): Ban | SfuError => this.store.bans.add(ban),
      command: (added) => {
        removeBanned(this.sfu, [ban]);
        if (added instanceof SfuError) throw notBanned(added, done);
        return added;
      },
      unrecorded: goOnUnbanned(done, (error) => error),
    });
  }

  /** Ends a ban. @throws SfuError not_found when there is none in force with that id */
  async liftBan(id: string, requester: Requester): Promise<void> {
    const ban = this.store.bans.get(id);
    const details = { id: ban?.id ?? id, kind: ban?.kind, value: ban?.value };
    const intent = { ...requester, action: 'ban.lift', details, ...(ban?.roomId && { roomId: ban.roomId }) };
    await this.#audited(intent, () => {
      if (!this.store.bans.lift(id))
        throw new SfuError('not_found', `there is no ban ${id} in force; it has ended or was lifted`);
    });
  }

  /** Mutes a producer until a moderator allows it again. */
  async muteProducer(target: ProducerTarget): Promise<void> {
    await this.#forProducer({ ...target, action: 'producer.mute', protects: true }, () =>
      this.sfu.muteProducer(target),
    );
  }

  /** Ends a mute: the peer may resume the producer. */
  async allowProducer(target: ProducerTarget): Promise<void> {
    await this.#forProducer({ ...target, action: 'producer.allow' }, () => this.sfu.allowProducer(target));
  }

  async closeProducer(target: ProducerTarget): Promise<void> {
    await this.#forProducer({ ...target, action: 'producer.close', protects: true }, () =>
      this.sfu.closeProducer(target),
    );
  }

  /** Pauses what a peer receives; its client is notified and may resume it. */
  async pauseConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forConsumer({ ...target, action: 'consumer.pause', protects: true }, () =>
      this.sfu.pauseConsumer(target),
    );
  }

  async resumeConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forConsumer({ ...target, action: 'consumer.resume' }, () => this.sfu.resumeConsumer(target));
  }

  async closeConsumer(target: ConsumerTarget): Promise<void> {
    await this.#forConsumer({ ...target, action: 'consumer.close', protects: true }, () =>
      this.sfu.closeConsumer(target),
    );
  }

  /**
   * Mutes every producer of a room except those of moderators, or every producer of one peer; only those of one source
   * when it is given. @returns how many were muted, without those that were muted before
   */
  async muteAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const action = target.peerId === undefined ? 'room.mute' : 'peer.mute';
    const mute = (found: ProducerTarget) => this.sfu.muteProducer(found);
    return await this.#forProducers({ ...target, action, protects: true }, open(target), mute);
  }

  /** Ends the mutes of a room or of one peer, so that they may resume. @returns how many were ended */
  async allowAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const intent = { ...target, action: target.peerId === undefined ? 'room.allow' : 'peer.allow' };
    return await this.#forProducers(intent, muted(target), (found) => this.sfu.allowProducer(found));
  }

  /** Sets what a peer may publish from now on. */
  async setPublish(target: PeerTarget & { publish: PublishDecision }): Promise<void> {
    const { publish } = target;
    const protects = decidedPublish(publish, true) !== true;
    await this.#audited({ ...target, action: 'peer.publish', details: { publish }, protects }, () =>
      this.sfu.setPublish(target),
    );
  }

  /** Lowers the hand of one peer, or every hand in a room. @returns how many were raised */
  async lowerHands(target: RoomTarget & { peerId?: string }): Promise<number> {
    const intent = { ...target, action: 'hands.lower' };
    return await this.#audited(
      intent,
      () => lowerHandsOf(this.sfu, target),
      (n) => `done: ${n} lowered`,
    );
  }

  /** Sets the metadata of a peer, which programs see. */
  async setPeerMetadata(target: PeerTarget & { metadata: Readonly<Record<string, unknown>> }): Promise<void> {
    const intent = { ...target, action: 'peer.metadata', details: { metadata: target.metadata } };
    await this.#audited(intent, () => this.sfu.setPeerMetadata(target));
  }

  /** Changes the attributes of a peer. @throws SfuError not_found, limit_reached */
  async setPeerAttributes(target: AttributesTarget): Promise<void> {
    const intent = { ...target, action: 'peer.attributes', details: { changes: target.changes } };
    await this.#audited(intent, () => setAttributesOf(this.sfu, target));
  }

  /** Sends a text to a peer, or to everyone in a room. */
  async notice(target: RoomTarget & { peerId?: string; message: string }): Promise<void> {
    const { message } = target;
    await this.#audited({ ...target, action: 'notice', details: { message } }, () => this.sfu.notice(target));
  }

  /** Opens a room before its first peer. @throws SfuError wrong_state, draining, worker_unavailable */
  async createRoom(target: RoomTarget & { options: RoomOptions }): Promise<RoomSnapshot> {
    const { options } = target;
    return await this.#audited({ ...target, action: 'room.create', details: { ...options } }, () =>
      this.sfu.createRoom(target),
    );
  }

  /** Changes the options of a room. */
  async changeRoom(target: RoomTarget & { changes: RoomChanges }): Promise<void> {
    const { changes } = target;
    await this.#audited({ ...target, action: 'room.change', details: { ...changes } }, () =>
      this.sfu.changeRoom(target),
    );
  }

  /** Locks or unlocks a room. New peers cannot enter a locked room. */
  async setRoomLocked(target: RoomTarget & { locked: boolean }): Promise<void> {
    const { locked } = target;
    const action = locked ? 'room.lock' : 'room.unlock';
    await this.#audited({ ...target, action, protects: locked }, () => this.sfu.setRoomLocked(target));
  }

  /** Limits the bits a second that each transport of a room may send; null removes the limit. */
  async capBitrate(target: RoomTarget & { bitrate: number | null }): Promise<void> {
    const { bitrate } = target;
    const protects = bitrate !== null;
    await this.#audited({ ...target, action: 'room.cap', details: { bitrate }, protects }, () =>
      this.sfu.capBitrate(target),
    );
  }

  async closeRoom(target: RoomTarget): Promise<void> {
    await this.#audited({ ...target, action: 'room.close', protects: true }, () =>
      this.sfu.closeRoom(target),
    );
  }

  /** Moves a room, or its part on the `node` of that name, to another worker there; its peers are asked to rejoin. */
  async moveRoom(target: RoomTarget & { workerIndex: number; node?: string }): Promise<void> {
    const { workerIndex } = target;
    await this.#audited({ ...target, action: 'room.move', details: { workerIndex } }, () =>
      this.sfu.moveRoom(target),
    );
  }

  /** Starts a drain of this node, or of the `node` of that name, without waiting for its end. */
  async drain(request: Requester & { milliseconds: number; node?: string }): Promise<void> {
    const { milliseconds, by } = request;
    const details = { seconds: milliseconds / 1000 };
    await this.#audited({ ...request, action: 'node.drain', details, protects: true }, () => {
      void this.sfu.drain({ milliseconds, by });
    });
  }

  async cancelDrain(requester: Requester & { node?: string }): Promise<void> {
    await this.#audited({ ...requester, action: 'node.drain.cancel', protects: true }, () =>
      this.sfu.cancelDrain(requester.by),
    );
  }

  #audited<T>(
    intent: Intent,
    command: () => T | Promise<T>,
    describeResult?: AuditedWork<T, void>['describeResult'],
  ) {
    const prepare = () => {};
    const unrecorded = intent.protects ? goOn(intent, prepare) : undefined;
    return audited(this.store, withName(this.sfu, intent), { prepare, command, describeResult, unrecorded });
  }

  /** @throws SfuError not_found, before anything is written to the audit log */
  async #forProducer(intent: Intent & ProducerTarget, command: () => void | Promise<void>) {
    const { roomId, producerId } = intent;
    const details = { producerId, source: this.sfu.read.producer(roomId, producerId).source };
    await this.#audited({ ...intent, details }, command);
  }

  async #forConsumer(intent: Intent & ConsumerTarget, command: () => void | Promise<void>) {
    await this.#audited({ ...intent, details: { consumerId: intent.consumerId } }, command);
  }

  /** Runs a command for every selected producer of a room. @returns how many there were */
  async #forProducers(
    intent: Intent & RoomTarget & { source?: Source },
    selects: Selection,
    command: (target: { roomId: string; peerId: string; producerId: string; by: Actor }) => unknown,
  ): Promise<number> {
    const { roomId, by, source = 'all', action } = intent;
    const runAll = async () => {
      const found = selected(this.sfu.read.roomAtAGlance(roomId), selects);
      // A peer may leave at this moment: the command fails for it and has to go on for the others.
      await Promise.allSettled(found.map(async (one) => command({ ...one, roomId, by })));
      return found.length;
    };
    const verb = action.endsWith('.allow') ? 'allowed' : 'muted';
    return await this.#audited({ ...intent, details: { source } }, runAll, (n) => `done: ${n} ${verb}`);
  }
}
