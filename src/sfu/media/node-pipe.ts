import type { types } from 'mediasoup';
import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { adopt, mediaCall } from './media-call.ts';
import type { MeshCounts } from './mesh-counts.ts';
import type { Demand, NodeLink } from './node-link.ts';
import { openPipe, sideOf } from './pipe-transport.ts';
import type { RoomRouter, RoomRouters } from './routers.ts';

/** Milliseconds between two looks at whether what is sent arrives. */
const watchMs = 2000;
/** So many looks in a row in which the other side sent and nothing came are a stall: one packet may be on its way. */
const stalledLooks = 2;
/** With so many stalls in `stallWindowMs` the other node cannot be reached by media. */
const maxStalls = 3;
const stallWindowMs = 60_000;
/** For how long a pipe stays without a track. */
const idleMs = 10_000;

export interface NodePipeOptions {
  readonly roomId: string;
  /** The node that sends. */
  readonly life: string;
  readonly routers: Pick<RoomRouters, 'home' | 'place' | 'pipe'>;
  readonly link: Pick<NodeLink, 'ask'>;
  /** Where this side listens. */
  readonly listenInfo: types.TransportListenInfo;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counts: Pick<MeshCounts, 'pipesRebuilt'>;
}

/** A pipe that is open: the transport on this side, and the router on which its producers are. */
export interface OpenPipe {
  readonly id: string;
  readonly transport: types.PipeTransport;
  readonly entry: RoomRouter;
}

/** What travels over a pipe, as the pipe sees it. */
export interface Passenger {
  readonly demand: Demand;
  readonly kind: types.MediaKind;
  /** Whether it is wanted, and its origin does not hold it. */
  readonly flows: boolean;
  /** Says again what is wanted, if the other node has not answered yet. */
  remind(): void;
  /** What came of it. @throws SfuError gone while it is not here */
  statistics(): Promise<types.ProducerStat[]>;
}

interface Look {
  readonly sent: number;
  readonly received: number;
  readonly silent: number;
}

/**
 * The way on which a room gets media from one other node: one pipe at a time, opened when a track is wanted, closed when
 * none is, and built again when it stalls.
 */
export class NodePipe {
  readonly passengers = new Set<Passenger>();
  #opening: Promise<OpenPipe> | undefined;
  #open: OpenPipe | undefined;
  /** When it stalled, by the clock that never jumps. */
  #stalls: number[] = [];
  #look: Look | undefined;
  #cancelWatch: () => void = () => {};
  #cancelIdle: () => void = () => {};
  #closed = false;

  constructor(readonly options: NodePipeOptions) {}

  /** What it has now, for those who measure. */
  get current(): OpenPipe | undefined {
    return this.#open;
  }

  /** @throws SfuError gone where the other node or its media cannot be reached, worker_unavailable without a free port */
  async open(): Promise<OpenPipe> {
    this.#refuseUnreachable();
    this.#opening ??= this.#build().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return await this.#opening;
  }

  board(passenger: Passenger): void {
    this.#cancelIdle();
    this.passengers.add(passenger);
  }

  leave(passenger: Passenger): void {
    if (!this.passengers.delete(passenger) || this.passengers.size > 0 || this.#closed) return;
    this.#cancelIdle();
    this.#cancelIdle = this.options.clock.after(idleMs, () => this.#end());
  }

  /** The other side has ended: what travelled on it asks for another one. */
  endedThere(pipeId: string): void {
    if (this.#open?.id === pipeId) this.#open.transport.close();
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    this.#cancelIdle();
    this.#open?.transport.close();
  }

  async #build(): Promise<OpenPipe> {
    const { routers, listenInfo } = this.options;
    const entry = routers.home ?? (await routers.place());
    const transport = await openPipe(entry, listenInfo);
    const pipe = { id: Bun.randomUUIDv7(), transport, entry };
    try {
      await this.#connect(pipe);
    } catch (error) {
      transport.close();
      this.#forgetThere(pipe);
      throw error;
    }
    this.#open = pipe;
    transport.observer.once('close', () => this.#ended(pipe));
    this.#watch();
    return pipe;
  }

  async #connect({ id: pipeId, transport }: OpenPipe): Promise<void> {
    const { roomId, life, link } = this.options;
    const side = await link.ask(life, 'pipe.open', { roomId, pipeId, side: sideOf(transport) });
    adopt(transport, !this.#closed, 'the pipe');
    await mediaCall(transport, 'connecting a pipe to another node', () => transport.connect({ ...side }));
    adopt(transport, !this.#closed, 'the pipe');
  }

  /** Its router may have ended, or this node closed it. */
  #ended(pipe: OpenPipe): void {
    this.#opening = undefined;
    this.#open = undefined;
    this.#look = undefined;
    this.#cancelWatch();
    this.#forgetThere(pipe);
  }

  #forgetThere({ id: pipeId }: OpenPipe): void {
    const { roomId, life, link } = this.options;
    // A node that does not hear of it notices that its room is not wanted here any more, or is gone itself.
    link.ask(life, 'pipe.close', { roomId, pipeId }).catch(() => {});
  }

  #refuseUnreachable(): void {
    if (this.#closed) throw new SfuError('gone', 'the room or the other node has just ended');
    const since = this.options.clock.elapsed() - stallWindowMs;
    this.#stalls = this.#stalls.filter((at) => at > since);
    if (this.#stalls.length < maxStalls) return;
    throw new SfuError(
      'gone',
      `media of another node does not come through: it stopped ${maxStalls} times within a minute, and is tried again later`,
    );
  }

  #watch(): void {
    this.#cancelWatch = this.options.clock.after(watchMs, () => {
      const pipe = this.#open;
      if (!pipe) return;
      this.#lookAt(pipe)
        .catch((error: unknown) => this.#lookFailed(pipe, error))
        .finally(() => {
          if (this.#open === pipe) this.#watch();
        });
    });
  }

  async #lookAt(pipe: OpenPipe): Promise<void> {
    for (const passenger of this.passengers) passenger.remind();
    if (![...this.passengers].some(({ demand }) => demand === 'flowing')) {
      this.#look = undefined;
      return;
    }
    const { roomId, life, link } = this.options;
    const { bytes: sent } = await link.ask(life, 'pipe.sent', { roomId, pipeId: pipe.id });
    const [stats] = await mediaCall(pipe.transport, 'reading statistics', () => pipe.transport.getStats());
    const received = stats?.rtpBytesReceived ?? 0;
    const last = this.#look ?? { sent, received, silent: 0 };
    const stuck = sent > last.sent && received === last.received;
    const silent = stuck ? last.silent + 1 : 0;
    this.#look = { sent, received, silent };
    if (silent >= stalledLooks) this.#stalled(pipe);
  }

  /** Without an answer nothing is known; a node that does not know the pipe has lost its side. */
  #lookFailed(pipe: OpenPipe, error: unknown): void {
    if (error instanceof SfuError && error.code === 'not_found') pipe.transport.close();
  }

  #stalled({ transport }: OpenPipe): void {
    const { roomId, life, log, clock, counts } = this.options;
    this.#stalls.push(clock.elapsed());
    counts.pipesRebuilt += 1;
    log.warn('a pipe from another node stalled and is built again', { roomId, life });
    transport.close();
  }
}
