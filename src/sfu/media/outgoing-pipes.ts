import type { types } from 'mediasoup';
import { SfuError } from '../../core/errors.ts';
import { adopt, mediaCall, readStatistics } from './media-call.ts';
import type { Demand, NodeLink, NodeRequests, PipeSide } from './node-link.ts';
import { openPipe, sideOf } from './pipe-transport.ts';
import type { RoomRouter, RoomRouters } from './routers.ts';

/** Pipes that one node may have of a room at once: the next one, while the last one is being closed. */
const maxPipesPerNode = 4;

/** A track of a peer on this node. */
export interface OutgoingSource {
  readonly closed: boolean;
  readonly kind: types.MediaKind;
  /** @throws SfuError gone */
  bring(to: RoomRouter): Promise<string>;
  /** Counts a receiver. @returns what ends the counting */
  receive(): () => void;
  /** Calls the listener once, when it ends. */
  onClose(listener: () => void): void;
}

export interface OutgoingPipesOptions {
  readonly roomId: string;
  readonly routers: Pick<RoomRouters, 'home'>;
  readonly link: Pick<NodeLink, 'tell'>;
  readonly listenInfo: types.TransportListenInfo;
  /** @throws SfuError not_found */
  readonly find: (producerId: string) => OutgoingSource;
}

/** A pipe that is open, for those who measure. */
export interface MeasuredPipe {
  readonly id: string;
  readonly life: string;
  readonly transport: types.PipeTransport;
  readonly tracks: readonly {
    readonly kind: types.MediaKind;
    /** Whether packets cross while its sender sends. */
    readonly flows: boolean;
    /** What the worker says of it. @throws SfuError gone while there is no such track */
    statistics(): Promise<(types.ProducerStat | types.ConsumerStat)[]>;
  }[];
}

interface OutgoingPipe {
  readonly life: string;
  readonly transport: types.PipeTransport;
  readonly exit: RoomRouter;
  readonly tracks: Map<string, OutgoingTrack>;
}

/**
 * What a room sends to other nodes: a pipe for each node that asks for one, from the room's first router. Tracks of the
 * room's other routers come to that one as they would for a peer on it.
 */
export class OutgoingPipes {
  readonly #pipes = new Map<string, OutgoingPipe>();
  readonly #opening = new Map<string, number>();

  constructor(private readonly options: OutgoingPipesOptions) {}

  /** @throws SfuError limit_reached, worker_unavailable, gone */
  async open(life: string, { pipeId, side }: NodeRequests['pipe.open']['data']): Promise<PipeSide> {
    this.#refuseTooMany(life, pipeId);
    this.#opening.set(life, (this.#opening.get(life) ?? 0) + 1);
    try {
      return await this.#open(life, pipeId, side);
    } finally {
      const left = (this.#opening.get(life) ?? 1) - 1;
      if (left > 0) this.#opening.set(life, left);
      else this.#opening.delete(life);
    }
  }

  /** @throws SfuError not_found, gone */
  async want(
    life: string,
    { pipeId, producerId, number, demand }: NodeRequests['pipe.want']['data'],
  ): Promise<NodeRequests['pipe.want']['result']> {
    const pipe = this.#pipe(life, pipeId);
    const track = pipe.tracks.get(producerId) ?? this.#newTrack(pipe, producerId);
    return await track.want(number, demand);
  }

  /** @throws SfuError not_found, gone */
  async sent(life: string, pipeId: string): Promise<{ bytes: number }> {
    const { transport } = this.#pipe(life, pipeId);
    const [stats] = await mediaCall(transport, 'reading statistics', () => transport.getStats());
    return { bytes: stats?.rtpBytesSent ?? 0 };
  }

  /** Closes a pipe; does nothing for one that is gone. */
  closePipe(life: string, pipeId: string): void {
    const pipe = this.#pipes.get(pipeId);
    if (pipe?.life === life) this.#end(pipeId, pipe);
  }

  /** A node is gone: with it everything that it wanted. */
  dropNode(life: string): void {
    for (const [pipeId, pipe] of [...this.#pipes]) if (pipe.life === life) this.#end(pipeId, pipe);
  }

  close(): void {
    for (const [pipeId, pipe] of [...this.#pipes]) this.#end(pipeId, pipe);
  }

  /** Those that are open, for those who measure. */
  get measured(): readonly MeasuredPipe[] {
    return [...this.#pipes].map(([id, { life, transport, tracks }]) => ({
      ...{ id, life, transport },
      tracks: [...tracks.values()],
    }));
  }

  async #open(life: string, pipeId: string, side: PipeSide): Promise<PipeSide> {
    const { routers, listenInfo } = this.options;
    const exit = routers.home;
    if (!exit) throw new SfuError('gone', 'the room has no router at this moment; ask again');
    const transport = await openPipe(exit, listenInfo);
    try {
      await mediaCall(transport, 'connecting a pipe to another node', () => transport.connect({ ...side }));
      adopt(transport, routers.home === exit, 'the pipe');
    } catch (error) {
      transport.close();
      throw error;
    }
    const pipe = { life, transport, exit, tracks: new Map<string, OutgoingTrack>() };
    this.#pipes.set(pipeId, pipe);
    transport.observer.once('close', () => this.#ended(pipeId, pipe));
    return sideOf(transport);
  }

  /** By itself, it ended with its router: the other node builds another one. */
  #ended(pipeId: string, pipe: OutgoingPipe): void {
    if (this.#pipes.get(pipeId) !== pipe) return;
    this.#pipes.delete(pipeId);
    void this.options.link.tell(this.options.roomId, 'pipeEnded', { pipeId });
  }

  #end(pipeId: string, { transport }: OutgoingPipe): void {
    this.#pipes.delete(pipeId);
    transport.close();
  }

  #newTrack({ transport, exit, tracks }: OutgoingPipe, producerId: string): OutgoingTrack {
    const source = this.options.find(producerId);
    const track = new OutgoingTrack(transport, exit, source);
    tracks.set(producerId, track);
    // It is kept while it is unwanted, too, so that a want that comes late does not count.
    source.onClose(() => void tracks.delete(producerId));
    return track;
  }

  #pipe(life: string, pipeId: string): OutgoingPipe {
    const pipe = this.#pipes.get(pipeId);
    if (pipe?.life === life) return pipe;
    throw new SfuError('not_found', 'there is no such pipe on this node; open another one');
  }

  #refuseTooMany(life: string, pipeId: string): void {
    if (this.#pipes.has(pipeId)) throw new SfuError('wrong_state', 'there is a pipe of that id already');
    const open = [...this.#pipes.values()].filter((pipe) => pipe.life === life).length;
    if (open + (this.#opening.get(life) ?? 0) >= maxPipesPerNode)
      throw new SfuError(
        'limit_reached',
        `a node may have ${maxPipesPerNode} pipes of a room; close one first`,
      );
  }
}

/** A track on a pipe to another node. */
class OutgoingTrack {
  #number = 0;
  #demand: Demand = 'unwanted';
  #settling: Promise<void> | undefined;
  #consumer: types.Consumer | undefined;
  /** mediasoup copies them at each reading. */
  #rtpParameters: types.RtpParameters | undefined;

  constructor(
    private readonly transport: types.PipeTransport,
    private readonly exit: RoomRouter,
    private readonly source: OutgoingSource,
  ) {}

  /** Of two wants the one with the greater number counts, in whatever order they come. */
  async want(number: number, demand: Demand): Promise<NodeRequests['pipe.want']['result']> {
    if (number >= this.#number) {
      this.#number = number;
      this.#demand = demand;
    }
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
    await this.#settling;
    const rtpParameters = this.#rtpParameters;
    return rtpParameters ? { rtpParameters } : null;
  }

  get kind(): types.MediaKind {
    return this.source.kind;
  }

  get flows(): boolean {
    return this.#consumer !== undefined && !this.#consumer.paused && !this.#consumer.producerPaused;
  }

  /** @throws SfuError gone while it is unwanted */
  async statistics(): Promise<(types.ProducerStat | types.ConsumerStat)[]> {
    if (!this.#consumer) throw new SfuError('gone', 'it is not on the pipe at the moment');
    return await readStatistics(this.#consumer);
  }

  async #settle(): Promise<void> {
    let settled: Demand | undefined;
    while (settled !== this.#demand) {
      settled = this.#demand;
      if (settled === 'unwanted') this.#consumer?.close();
      else await this.#flow(settled === 'paused');
    }
  }

  async #flow(paused: boolean): Promise<void> {
    const consumer = this.#consumer ?? (await this.#make());
    if (consumer.paused === paused) return;
    await mediaCall(consumer, paused ? 'pausing a pipe' : 'resuming a pipe', () =>
      paused ? consumer.pause() : consumer.resume(),
    );
  }

  async #make(): Promise<types.Consumer> {
    const { transport, exit, source } = this;
    const producerId = await source.bring(exit);
    const consumer = await mediaCall(transport, 'sending a track to another node', () =>
      transport.consume({ producerId }),
    );
    adopt(consumer, !source.closed && !transport.closed, 'the track');
    this.#consumer = consumer;
    this.#rtpParameters = consumer.rtpParameters;
    const forgotten = source.receive();
    consumer.observer.once('close', () => {
      forgotten();
      if (this.#consumer !== consumer) return;
      this.#consumer = undefined;
      this.#rtpParameters = undefined;
    });
    return consumer;
  }
}
