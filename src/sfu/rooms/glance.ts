import type { Peer } from './peer.ts';
import {
  type Carried,
  consumersOf,
  dataConsumersOf,
  dataProducersOf,
  type PeerSnapshot,
  producersOf,
  transportsOf,
} from './snapshot.ts';

/**
 * A peer on a page that shows few of many, and that is rendered again in a moment: what is not asked of every peer is read
 * when somebody looks at it, so a spread does not have it. To copy all that 5,000 peers carry takes a tenth of a second, and this a hundredth.
 */
export class PeerAtAGlance implements PeerSnapshot {
  readonly id: string;
  readonly sessionId: string;
  readonly subject: string;
  readonly displayName: string;
  readonly state: PeerSnapshot['state'];
  readonly quality: NonNullable<PeerSnapshot['quality']>;
  readonly joinedAt: number | null;
  readonly node?: string;
  readonly #peer: Peer;

  /** @param node its name, where the peers of several nodes are together */
  constructor(peer: Peer, node?: string) {
    this.#peer = peer;
    this.id = peer.id;
    this.sessionId = peer.sessionId;
    this.subject = peer.identity.subject;
    this.displayName = peer.displayName;
    this.state = peer.state.name;
    this.quality = peer.quality;
    this.joinedAt = peer.joined ? (peer.joinedAt ?? null) : null;
    if (node !== undefined) this.node = node;
  }

  get carries(): Carried {
    const { transports, publications, subscriptions } = this.#peer;
    return {
      transportIds: [...transports.keys()],
      producers: publications.size,
      consumers: subscriptions.size,
    };
  }

  get program(): string | null {
    return this.#peer.identity.program ?? null;
  }

  get device() {
    return this.#peer.device;
  }

  get metadata() {
    return this.#peer.metadata;
  }

  get attributes() {
    return this.#peer.attributes;
  }

  get address(): string {
    return this.#peer.identity.address;
  }

  get tokenId(): string | null {
    return this.#peer.identity.tokenId ?? null;
  }

  get issuedAt(): number | null {
    return this.#peer.identity.issuedAt ?? null;
  }

  get grants() {
    return this.#peer.identity.grants;
  }

  get publish() {
    return this.#peer.publish;
  }

  get connectedAt(): number {
    return this.#peer.connectedAt;
  }

  get awaySince(): number | null {
    return this.#peer.absence?.since ?? null;
  }

  get movedFrom(): string | undefined {
    return this.#peer.origin?.node;
  }

  get worker(): number | null {
    return this.#peer.router?.live.index ?? null;
  }

  get transports() {
    return transportsOf(this.#peer);
  }

  get producers() {
    return producersOf(this.#peer);
  }

  get consumers() {
    return consumersOf(this.#peer);
  }

  get dataProducers() {
    return dataProducersOf(this.#peer);
  }

  get dataConsumers() {
    return dataConsumersOf(this.#peer);
  }
}
