import type { types } from 'mediasoup';
import { SfuError } from '../../core/errors.ts';
import { adopt, mediaCall } from './media-call.ts';
import type { RoomRouter, RoomRouters } from './routers.ts';

export interface IncomingDataOptions {
  readonly dataProducerId: string;
  readonly label: string;
  readonly protocol: string;
  readonly routers: Pick<RoomRouters, 'home' | 'place' | 'pipe'>;
  /** Somebody lost it, since its router ended, and can be offered it again. */
  readonly onLost: () => void;
}

interface Arrived {
  readonly dataProducer: types.DataProducer;
  readonly entry: RoomRouter;
}

/** A data channel of another node: what comes over the bus goes on from a data producer here that has the same id. */
export class IncomingData {
  #arriving: Promise<Arrived> | undefined;
  #arrived: Arrived | undefined;
  #closed = false;

  constructor(private readonly options: IncomingDataOptions) {}

  get closed(): boolean {
    return this.#closed;
  }

  /** Makes it available on a router of the room. @returns its id there @throws SfuError gone */
  async bring(to: RoomRouter): Promise<string> {
    if (this.#closed) throw new SfuError('gone', 'that data producer has just ended');
    this.#arriving ??= this.#make().catch((error: unknown) => {
      this.#arriving = undefined;
      throw error;
    });
    const { entry } = await this.#arriving;
    const { dataProducerId, routers } = this.options;
    return await routers.pipe({ producerId: dataProducerId, data: true, from: entry, to });
  }

  /** Hands a message on to those who receive the channel here. Before the first one does, it is for nobody. */
  take(message: Uint8Array, ppid: number): void {
    const { buffer, byteOffset, byteLength } = message;
    this.#arrived?.dataProducer.send(Buffer.from(buffer, byteOffset, byteLength), ppid);
  }

  /** A receiver ended: with the channel, when it is not here any more. */
  forgotten(): void {
    if (!this.#closed && !this.#arrived) queueMicrotask(() => this.options.onLost());
  }

  close(): void {
    this.#closed = true;
    const arrived = this.#arrived;
    this.#arrived = undefined;
    arrived?.dataProducer.close();
  }

  async #make(): Promise<Arrived> {
    const { routers, dataProducerId: id, label, protocol } = this.options;
    const entry = routers.home ?? (await routers.place());
    const transport = await mediaCall(entry.router, 'taking a data channel from another node', () =>
      entry.router.createDirectTransport(),
    );
    try {
      const dataProducer = await mediaCall(transport, 'taking a data channel from another node', () =>
        transport.produceData({ id, label, protocol }),
      );
      adopt(dataProducer, !this.#closed && !transport.closed, 'the data channel');
      const arrived = { dataProducer, entry };
      this.#arrived = arrived;
      dataProducer.observer.once('close', () => this.#ended(transport, arrived));
      return arrived;
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  #ended(transport: types.DirectTransport, arrived: Arrived): void {
    transport.close();
    this.#arriving = undefined;
    if (this.#arrived === arrived) this.#arrived = undefined;
  }
}
