import { SfuError } from '../core/errors.ts';
import type { LocalPublication, Subscription, WebRtcPeerTransport } from '../sfu/rooms/peer.ts';
import { type Profile, profileOf } from './profiles.ts';

/** What a client sends, under its own number. */
export interface Sent {
  readonly id: number;
  readonly publication: LocalPublication;
  /** Whether the client was told that somebody else paused it. */
  toldPaused: boolean;
}

/** What a client receives, under a number of ours. */
export interface Received {
  readonly id: number;
  readonly subscription: Subscription;
  /** The client has its side of it. Until then nothing is told of its pauses and layers. */
  enabled: boolean;
  /** A moderator paused it. */
  held: boolean;
  /** Whether the client believes that the other side paused it. */
  toldPaused: boolean;
  preferredProfile: Profile;
  toldProfile: Profile | null;
  /** Resolves when the client has it, or it has ended. */
  readonly settled: PromiseWithResolvers<void>;
}

const firstConsumerId = 10_000_000;

/** The objects of one client by the numbers under which it knows them. */
export class Media {
  readonly transports = new Map<number, WebRtcPeerTransport>();
  readonly sent = new Map<number, Sent>();
  readonly received = new Map<number, Received>();
  /** Made at the join, before the client asks for it: consumers need it, and version 2 announces them first. */
  receiving: WebRtcPeerTransport | undefined;
  #lastConsumerId = firstConsumerId;

  /** @throws SfuError not_found */
  transport(id: number): WebRtcPeerTransport {
    return found(this.transports, 'transport', id);
  }

  /** @throws SfuError not_found */
  producer(id: number): Sent {
    return found(this.sent, 'producer', id);
  }

  /** @throws SfuError not_found */
  consumer(id: number): Received {
    return found(this.received, 'consumer', id);
  }

  /** The number of a transport of the server; undefined when the client has closed it. */
  transportNumber(transportId: string): number | undefined {
    for (const [id, { transport }] of this.transports) if (transport.id === transportId) return id;
    return undefined;
  }

  sentAs(producerId: string): Sent | undefined {
    return [...this.sent.values()].find(({ publication }) => publication.info.id === producerId);
  }

  receivedAs(consumerId: string): Received | undefined {
    return [...this.received.values()].find(({ subscription }) => subscription.consumer.id === consumerId);
  }

  /** Takes up what the client is about to be told of. The same one again stays as it is. */
  receive(subscription: Subscription): Received {
    const known = this.receivedAs(subscription.consumer.id);
    if (known) return known;
    this.#lastConsumerId += 1;
    const received: Received = {
      id: this.#lastConsumerId,
      subscription,
      enabled: false,
      held: false,
      toldPaused: subscription.consumer.producerPaused,
      preferredProfile: 'default',
      toldProfile: profileOf(subscription.consumer),
      settled: Promise.withResolvers(),
    };
    this.received.set(received.id, received);
    return received;
  }

  forgetReceived({ id, settled }: Received): void {
    this.received.delete(id);
    settled.resolve();
  }

  /** The client has closed a transport: it knows that what it sent over that is gone. */
  forgetTransport(id: number): void {
    const entry = this.transport(id);
    this.transports.delete(id);
    if (this.receiving === entry) this.receiving = undefined;
    for (const [number, { publication }] of this.sent)
      if (publication.transportId === entry.transport.id) this.sent.delete(number);
  }

  close(): void {
    for (const { settled } of this.received.values()) settled.resolve();
    this.received.clear();
    this.sent.clear();
    this.transports.clear();
  }
}

/** Whether the other side, or a moderator, has paused what a client receives. */
export function isPaused({ subscription, held }: Received): boolean {
  return subscription.consumer.producerPaused || held;
}

/** @throws SfuError wrong_state when the client has used that number already */
export function requireFree(objects: ReadonlyMap<number, unknown>, what: string, id: number): void {
  if (!objects.has(id)) return;
  throw new SfuError('wrong_state', `you have a ${what} ${id} already; take another number`);
}

function found<T>(objects: ReadonlyMap<number, T>, what: string, id: number): T {
  const object = objects.get(id);
  if (object) return object;
  throw new SfuError('not_found', `you have no ${what} ${id}; it may have ended`);
}
