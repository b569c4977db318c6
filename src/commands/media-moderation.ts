import type { Actor } from '../core/actors.ts';
import type { Source } from '../core/sources.ts';
import type { Publication, Subscription } from '../sfu/rooms/peer.ts';
import { closeSubscription, pauseSubscription, resumeSubscription } from '../sfu/rooms/subscribing.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { AuditIntent } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import { audited } from './audited.ts';
import type { ConsumerTarget, PeerTarget, ProducerTarget, RoomTarget } from './orders.ts';

/** The audited commands on what peers send and receive. */
export class MediaModeration {
  constructor(
    protected readonly sfu: Sfu,
    protected readonly store: Store,
  ) {}

  async muteProducer(target: ProducerTarget): Promise<void> {
    await this.audited({ ...target, action: 'producer.mute', details: this.#described(target) }, () =>
      this.sfu.muteProducer(target),
    );
  }

  async allowProducer(target: ProducerTarget): Promise<void> {
    await this.audited({ ...target, action: 'producer.allow', details: this.#described(target) }, () =>
      this.sfu.allowProducer(target),
    );
  }

  async closeProducer(target: ProducerTarget): Promise<void> {
    await this.audited({ ...target, action: 'producer.close', details: this.#described(target) }, () =>
      this.sfu.closeProducer(target),
    );
  }

  /** Holds what a peer receives; its client is told, and may resume it. */
  async pauseConsumer(target: ConsumerTarget): Promise<void> {
    const { consumerId } = target;
    await this.audited({ ...target, action: 'consumer.pause', details: { consumerId } }, () =>
      pauseSubscription(this.sfu.room(target.roomId), this.#subscription(target), 'moderator'),
    );
  }

  async resumeConsumer(target: ConsumerTarget): Promise<void> {
    const { consumerId } = target;
    await this.audited({ ...target, action: 'consumer.resume', details: { consumerId } }, () =>
      resumeSubscription(this.sfu.room(target.roomId), this.#subscription(target), 'moderator'),
    );
  }

  async closeConsumer(target: ConsumerTarget): Promise<void> {
    const { consumerId } = target;
    await this.audited({ ...target, action: 'consumer.close', details: { consumerId } }, () =>
      closeSubscription(this.#subscription(target), 'moderator'),
    );
  }

  /**
   * Mutes everything of one source that is not muted yet, but for moderators'; or all that one peer sends, of that
   * source where one is given. @returns how many were muted
   */
  async muteAll(target: RoomTarget & { source?: Source; peerId?: string }): Promise<number> {
    const { source, peerId } = target;
    const chosen = ({ peer, source: own, pausedBy }: Publication) =>
      (source === undefined || own === source) &&
      !pausedBy.has('moderator') &&
      (peerId === undefined ? !peer.identity.grants.moderate : peer.id === peerId);
    const action = peerId === undefined ? 'room.mute' : 'peer.mute';
    return await this.#eachProducer({ ...target, action }, chosen, (producer) =>
      this.sfu.muteProducer(producer),
    );
  }

  /** Ends the mutes of a peer: it may resume what it sends. @returns how many were ended */
  async allowAll(target: PeerTarget & { source?: Source }): Promise<number> {
    const { source, peerId } = target;
    const chosen = ({ peer, source: own, pausedBy }: Publication) =>
      peer.id === peerId && (source === undefined || own === source) && pausedBy.has('moderator');
    return await this.#eachProducer({ ...target, action: 'peer.allow' }, chosen, (producer) =>
      this.sfu.allowProducer(producer),
    );
  }

  protected audited<T>(intent: AuditIntent, command: () => T | Promise<T>): Promise<T> {
    return audited(this.store, intent, { prepare: () => {}, command });
  }

  /** Does something to those producers of a room that are chosen. @returns how many there were */
  async #eachProducer(
    intent: RoomTarget & { action: string; source?: Source },
    chosen: (publication: Publication) => boolean,
    act: (target: { roomId: string; peerId: string; producerId: string; by: Actor }) => unknown,
  ): Promise<number> {
    const { roomId, by, source = 'all' } = intent;
    const command = async () => {
      const publications = this.sfu.room(roomId).publications.filter(chosen);
      // Someone who leaves at this moment needs no mute, and must not keep the others from theirs.
      await Promise.allSettled(
        publications.map(async ({ peer, producer }) =>
          act({ roomId, peerId: peer.id, producerId: producer.id, by }),
        ),
      );
      return publications.length;
    };
    const worded = (count: number) =>
      `done: ${count} ${intent.action === 'peer.allow' ? 'allowed' : 'muted'}`;
    return await audited(
      this.store,
      { ...intent, details: { source } },
      { prepare: () => {}, command, worded },
    );
  }

  #subscription({ roomId, peerId, consumerId }: ConsumerTarget): Subscription {
    return this.sfu.peer(roomId, peerId).subscription(consumerId);
  }

  #described({ roomId, peerId, producerId }: ProducerTarget): Record<string, unknown> {
    return { producerId, source: this.sfu.peer(roomId, peerId).publication(producerId).source };
  }
}
