import type { TureenClientEvents } from './client-events.ts';
import { Events } from './events.ts';
import type { AttributeChanges, BanOptions, MethodName, MethodParams, MethodResult } from './protocol.ts';
import { serverSources, type TrackSource } from './sources.ts';

/**
 * The part of the client for moderators: its methods reject with `forbidden` without the grant `moderate`. Each is in the
 * audit log of the server.
 */
export abstract class Moderator extends Events<TureenClientEvents> {
  /** @throws ClientError not_joined */
  protected abstract request<N extends MethodName>(
    method: N,
    data: MethodParams<N>,
  ): Promise<MethodResult<N>>;

  /**
   * Removes a peer; its token is void from then on. With a ban new tokens do not let it into this room either, for so many
   * seconds or, with null, until the ban is lifted in the dashboard. The peer is told the reason.
   */
  async removePeer(peerId: string, options: { reason?: string; ban?: BanOptions } = {}): Promise<void> {
    await this.request('removePeer', { peerId, ...options });
  }

  /** Mutes what a peer sends, until it is allowed again and the peer itself resumes it. */
  async muteProducer(peerId: string, producerId: string): Promise<void> {
    await this.request('muteProducer', { peerId, producerId });
  }

  /** Ends a mute. Nothing is sent until the peer itself resumes it. */
  async allowProducer(peerId: string, producerId: string): Promise<void> {
    await this.request('allowProducer', { peerId, producerId });
  }

  /** Mutes everyone but moderators. @returns how many tracks were muted */
  async muteAll(source?: TrackSource): Promise<number> {
    return (await this.request('muteAll', source ? { source: serverSources[source] } : {})).count;
  }

  /** Ends every mute. @returns how many were ended */
  async allowAll(source?: TrackSource): Promise<number> {
    return (await this.request('allowAll', source ? { source: serverSources[source] } : {})).count;
  }

  /** Ends what a peer publishes and refuses more, until `allowPublishing`. */
  async stopPublishing(peerId: string): Promise<void> {
    await this.request('setPublish', { peerId, publish: false });
  }

  /** Lets a peer publish again what its token grants. */
  async allowPublishing(peerId: string): Promise<void> {
    await this.request('setPublish', { peerId, publish: true });
  }

  /** Changes the attributes of a peer, as `setAttributes` does for ourselves. */
  async setPeerAttributes(peerId: string, changes: AttributeChanges): Promise<void> {
    await this.request('setPeerAttributes', { peerId, attributes: changes });
  }

  /** Lowers the hand of one peer, or all without an id. @returns how many were raised */
  async lowerHands(peerId?: string): Promise<number> {
    return (await this.request('lowerHands', peerId === undefined ? {} : { peerId })).count;
  }

  /** Locks the room, so that nobody else can enter but moderators, or opens it again. */
  async lockRoom(locked = true): Promise<void> {
    await this.request('lockRoom', { locked });
  }
}
