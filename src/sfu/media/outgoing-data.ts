import type { types } from 'mediasoup';
import { adopt, mediaCall } from './media-call.ts';
import type { MeshCounts } from './mesh-counts.ts';
import type { NodeLink } from './node-link.ts';
import type { RoomRouter } from './routers.ts';

/** Bytes of one data channel that may wait to leave this node. */
export const maxWaitingBytes = 1024 * 1024;

/** A data channel on which a peer of this node sends. */
export interface OutgoingDataSource {
  readonly id: string;
  /** Whether nothing may be lost. */
  readonly reliable: boolean;
  readonly closed: boolean;
  readonly router: RoomRouter;
  /** It was reliable and could not keep up: it has to end. */
  readonly onOverload: () => void;
}

interface OutgoingDataOptions {
  readonly roomId: string;
  readonly link: Pick<NodeLink, 'tell'>;
  readonly counts: Pick<MeshCounts, 'dataDropped' | 'dataClosed'>;
}

/**
 * Sends what comes on a room's data channels to the other nodes that have the room. mediasoup does not encrypt SCTP
 * between pipe transports, so that it goes over the bus.
 */
export class OutgoingData {
  readonly #transports = new Map<string, types.DirectTransport | undefined>();
  readonly #sending = new Set<string>();

  constructor(private readonly options: OutgoingDataOptions) {}

  /** Starts to send a channel; does nothing for one that is sent already. @throws SfuError gone */
  async add(source: OutgoingDataSource): Promise<void> {
    const { id, router } = source;
    if (this.#transports.has(id) || source.closed) return;
    this.#transports.set(id, undefined);
    try {
      const transport = await mediaCall(router.router, 'reading a data channel', () =>
        router.router.createDirectTransport(),
      );
      adopt(transport, this.#transports.has(id), 'the way of a data channel to other nodes');
      this.#transports.set(id, transport);
      transport.observer.once('close', () => this.#forget(id, transport));
      const consumer = await mediaCall(transport, 'reading a data channel', () =>
        transport.consumeData({ dataProducerId: id }),
      );
      consumer.observer.once('close', () => transport.close());
      this.#follow(source, consumer);
      this.#sending.add(id);
    } catch (error) {
      this.remove(id);
      throw error;
    }
  }

  /** Whether what comes on the channel goes to other nodes now. */
  sends(id: string): boolean {
    return this.#sending.has(id);
  }

  remove(id: string): void {
    const transport = this.#transports.get(id);
    this.#transports.delete(id);
    this.#sending.delete(id);
    transport?.close();
  }

  /** Nobody on another node is in the room. */
  clear(): void {
    for (const id of [...this.#transports.keys()]) this.remove(id);
  }

  #forget(id: string, transport: types.DirectTransport): void {
    if (this.#transports.get(id) === transport) this.remove(id);
  }

  #follow(source: OutgoingDataSource, consumer: types.DataConsumer): void {
    const { id } = source;
    const { roomId, link } = this.options;
    let waiting = 0;
    consumer.on('message', (message, ppid) => {
      const { length } = message;
      if (waiting + length > maxWaitingBytes) {
        this.#overloaded(source);
        return;
      }
      waiting += length;
      void link.tell(roomId, 'data', { dataProducerId: id, ppid }, message).then(() => {
        waiting -= length;
      });
    });
  }

  #overloaded(source: OutgoingDataSource): void {
    const { counts } = this.options;
    if (!source.reliable) counts.dataDropped += 1;
    // What was on its way when it ended is not counted as another end.
    else if (!source.closed) {
      counts.dataClosed += 1;
      source.onOverload();
    }
  }
}
