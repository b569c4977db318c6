import type { Peer, Subscription } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { type Attachments, consumerAppData } from './app-data.ts';
import { isPaused, type Media, type Received } from './media.ts';
import type { NotificationData, NotificationName } from './notifications.ts';
import { profileOf } from './profiles.ts';
import { parametersToV2 } from './rtp.ts';

export interface ViewOptions {
  readonly media: Media;
  readonly attachments: Attachments;
  readonly notify: <N extends NotificationName>(name: N, data: NotificationData<N>) => void;
}

/**
 * What a client knows of the room: nothing before the response to its join, which has everything; from then on each change
 * is told. A consumer of a peer that it does not know would be an error to it.
 */
export class View {
  #open = false;
  readonly #names = new Set<string>();

  constructor(private readonly options: ViewOptions) {}

  /** Opens it with what is there. @returns the peers for the response to the join, which has to be sent at once */
  open(room: Room, peer: Peer): NotificationData<'newPeer'>[] {
    this.#open = true;
    const { media } = this.options;
    for (const subscription of peer.subscriptions.values()) media.receive(subscription);
    return room.othersOf(peer).map((other) => this.#introduce(other));
  }

  peerJoined(peer: Peer | RemotePeer): void {
    // One that built its media again was not taken from the list.
    if (this.#open && !this.#names.has(peer.id)) this.options.notify('newPeer', this.#introduce(peer));
  }

  peerLeft(name: string, appData: unknown): void {
    if (this.#names.delete(name)) this.options.notify('peerClosed', { name, appData });
  }

  /** @returns what resolves when the client has it, or it has ended */
  async offer(subscription: Subscription): Promise<void> {
    // It may have ended since it was made, before anybody was told of it.
    if (subscription.consumer.closed) return;
    const received = this.options.media.receive(subscription);
    if (this.#knows(received)) this.options.notify('newConsumer', describe(received));
    await received.settled.promise;
  }

  consumerClosed(received: Received): void {
    this.options.media.forgetReceived(received);
    if (this.#knows(received)) this.options.notify('consumerClosed', nameOf(received));
  }

  /** Tells of the consumers that went with a transport which the client has closed. */
  consumersClosed(): void {
    for (const received of [...this.options.media.received.values()])
      if (received.subscription.consumer.closed) this.consumerClosed(received);
  }

  /** Tells of a pause, or of its end, unless the client knows it. */
  tellPause(received: Received): void {
    const paused = isPaused(received);
    if (!received.enabled || !this.#knows(received) || received.toldPaused === paused) return;
    received.toldPaused = paused;
    const appData = this.options.attachments.ofChange(received.subscription.publication);
    this.options.notify(paused ? 'consumerPaused' : 'consumerResumed', { ...nameOf(received), appData });
  }

  tellProfile(received: Received): void {
    const profile = profileOf(received.subscription.consumer);
    if (!received.enabled || !this.#knows(received) || profile === null || received.toldProfile === profile)
      return;
    received.toldProfile = profile;
    this.options.notify('consumerEffectiveProfileChanged', { ...nameOf(received), profile });
  }

  #knows({ subscription }: Received): boolean {
    return this.#open && this.#names.has(subscription.publication.info.peerId);
  }

  #introduce(peer: Peer | RemotePeer): NotificationData<'newPeer'> {
    this.#names.add(peer.id);
    const { attachments, media } = this.options;
    const received = [...media.received.values()];
    const consumers = received.filter(({ subscription }) => subscription.publication.info.peerId === peer.id);
    return { name: peer.id, appData: attachments.ofPeer(peer), consumers: consumers.map(describe) };
  }
}

/** A consumer by its number and who sends it, as every notification of it has it. */
export function nameOf({ id, subscription }: Received): { id: number; peerName: string } {
  return { id, peerName: subscription.publication.info.peerId };
}

/** Describes a consumer as it is now, which its client knows from then on. */
function describe(received: Received): NotificationData<'newConsumer'> {
  const { subscription, preferredProfile } = received;
  received.toldPaused = isPaused(received);
  received.toldProfile = profileOf(subscription.consumer);
  const { publication, rtpParameters } = subscription;
  return {
    ...nameOf(received),
    kind: publication.info.kind,
    rtpParameters: parametersToV2(rtpParameters),
    paused: received.toldPaused,
    preferredProfile,
    effectiveProfile: received.toldProfile,
    appData: consumerAppData(publication),
  };
}
