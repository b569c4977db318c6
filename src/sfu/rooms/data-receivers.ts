import type { Clock } from '../../core/clock.ts';
import type { NodeLink } from '../media/node-link.ts';
import type { LocalDataPublication } from './peer.ts';
import type { RemoteDataPublication } from './remote-data-publication.ts';

/** For so long a sender waits for another node to say that its peers receive: it may have no bus, or be about to end. */
const nodeTimeoutMs = 3000;
/** What becomes true of several channels at once, as after a join, is said once. */
const tellAfterMs = 10;
const maxTold = 1024;

export interface DataReceiversOptions {
  readonly roomId: string;
  readonly link: Pick<NodeLink, 'tell'>;
  readonly clock: Clock;
  /** What peers of this node send. */
  readonly local: () => readonly LocalDataPublication[];
  /** What peers of other nodes send. */
  readonly remote: () => readonly RemoteDataPublication[];
  /** The lives on which somebody takes part in the call. */
  readonly lives: () => readonly string[];
}

/**
 * Who sends data waits for those who are about to receive it on other nodes, too: each node says of which channels of the
 * others all its peers receive, when a channel is new to it and after each join.
 */
export class DataReceivers {
  readonly #received = new Set<string>();
  #cancelTell: (() => void) | undefined;

  constructor(private readonly options: DataReceiversOptions) {}

  /** All peers of this node receive a channel of another one who are to. */
  received(dataProducerId: string): void {
    this.#received.add(dataProducerId);
    this.#cancelTell ??= this.options.clock.after(tellAfterMs, () => this.#tell());
  }

  /** Somebody joined here, for whom the senders on other nodes wait. */
  joinedHere(): void {
    for (const { audience, info } of this.options.remote()) if (audience.ready) this.received(info.id);
  }

  /** A peer of this node opened a channel. */
  published({ audience, info }: LocalDataPublication): void {
    if (info.offered) for (const life of this.options.lives()) audience.expect(life, nodeTimeoutMs);
  }

  /** Somebody joined on another node. */
  joinedThere(life: string): void {
    for (const { audience, info } of this.options.local())
      if (info.offered) audience.expect(life, nodeTimeoutMs);
  }

  /** What another node says. */
  receivedThere(life: string, dataProducerIds: readonly string[]): void {
    const ids = new Set(dataProducerIds);
    for (const { audience, info } of this.options.local()) if (ids.has(info.id)) audience.settle(life);
  }

  /** Nobody of that life is in the room any more. */
  left(life: string): void {
    for (const { audience } of this.options.local()) audience.settle(life);
  }

  close(): void {
    this.#cancelTell?.();
    this.#received.clear();
  }

  #tell(): void {
    this.#cancelTell = undefined;
    const { roomId, link, remote } = this.options;
    const ids = remote()
      .filter(({ audience, info }) => audience.ready && this.#received.has(info.id))
      .map(({ info }) => info.id);
    this.#received.clear();
    for (let start = 0; start < ids.length; start += maxTold)
      void link.tell(roomId, 'dataReceived', { dataProducerIds: ids.slice(start, start + maxTold) });
  }
}
