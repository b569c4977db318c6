import type { types } from 'mediasoup';
import { SfuError, toSfuError } from '../../core/errors.ts';
import { shareConsumable } from '../quirks/consumable-parameters.ts';
import { adopt, mediaCall, readStatistics } from './media-call.ts';
import type { Demand } from './node-link.ts';
import type { NodePipe, OpenPipe, Passenger } from './node-pipe.ts';
import type { RoomRouter } from './routers.ts';

/** A track that nobody receives goes on for so long: whoever is about to receive it has its first frame sooner. */
const pauseAfterMs = 1000;
/** One that nobody wants stays for so long. */
const unwantedMs = 10_000;
const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** Why a track did not come that may come later: a node that lost a pipe says that it knows none. */
const passing: ReadonlySet<string> = new Set(['gone', 'worker_unavailable', 'not_found', 'limit_reached']);

/** A consumer, as far as it matters whether media has to come. */
interface Receiver {
  readonly paused: boolean;
}

export interface PipedTrackOptions {
  readonly producerId: string;
  readonly kind: types.MediaKind;
  /** Whether its origin holds it. */
  readonly paused: boolean;
  readonly pipe: NodePipe;
  /** It cannot be brought here for now. */
  readonly onUnreachable: (cause: string) => void;
  /** It may be asked for again: it was lost here, or could not be reached before. */
  readonly onReachable: () => void;
  /** It has come, which it could not before. */
  readonly onArrived: () => void;
}

interface Arrived {
  readonly producer: types.Producer;
  readonly pipe: OpenPipe;
}

/**
 * A track of another node, brought here while somebody wants it. Its producer here has the id that it has there, and is
 * paused with it.
 */
export class PipedTrack implements Passenger {
  #arriving: Promise<Arrived> | undefined;
  #arrived: Arrived | undefined;
  readonly #receivers = new Set<Receiver>();
  /** Receivers of media that was lost here, which do not know it yet. */
  readonly #orphans = new Set<Receiver>();
  #demand: Demand = 'unwanted';
  #number = 0;
  #answered = 0;
  #held: boolean;
  #failures = 0;
  #trouble: string | undefined;
  #cancelDemand: () => void = () => {};
  #cancelRetry: () => void = () => {};
  #closed = false;

  constructor(private readonly options: PipedTrackOptions) {
    this.#held = options.paused;
  }

  /** What the other node was told last. */
  get demand(): Demand {
    return this.#demand;
  }

  /** Why it could not be brought here when that was tried last; undefined while nothing is wrong. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  get kind(): types.MediaKind {
    return this.options.kind;
  }

  get flows(): boolean {
    return this.#demand === 'flowing' && !this.#held;
  }

  /** Makes it available on a router of the room. @returns its id there @throws SfuError gone, worker_unavailable */
  async bring(to: RoomRouter): Promise<string> {
    const { pipe } = await this.#arrive();
    const { producerId } = this.options;
    const { routers } = this.options.pipe.options;
    const id = await routers.pipe({ producerId, data: false, from: pipe.entry, to });
    this.#adjust();
    return id;
  }

  /** Somebody receives it from now on. */
  received(by: Receiver): void {
    this.#receivers.add(by);
    this.#adjust();
  }

  /** A receiver was paused or resumed. */
  changed(): void {
    this.#adjust();
  }

  /** A receiver ended. One whose media was lost here can be offered it again. */
  forgotten(by: Receiver): void {
    if (this.#receivers.delete(by)) this.#adjust();
    if (this.#orphans.delete(by) && !this.#closed) queueMicrotask(() => this.options.onReachable());
  }

  /** Somebody did not get it. It is offered again a little later, where that may help. */
  missed(error: unknown): void {
    const { code } = toSfuError(error);
    if (!this.#closed && passing.has(code)) this.#retryLater();
  }

  /** Its origin was paused or resumed: receivers here are told by the producer here. */
  setPaused(held: boolean): void {
    this.#held = held;
    if (this.#arrived) this.#hold(this.#arrived.producer);
  }

  /** @throws SfuError gone while it is not here */
  async statistics(): Promise<types.ProducerStat[]> {
    if (!this.#arrived) throw new SfuError('gone', 'its media is not on this node at the moment');
    return await readStatistics(this.#arrived.producer);
  }

  remind(): void {
    if (this.#arrived && this.#answered < this.#number) this.#ask();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRetry();
    this.#part();
  }

  async #arrive(): Promise<Arrived> {
    if (this.#closed) throw new SfuError('gone', 'that producer has just ended');
    this.#arriving ??= this.#fetch().then(
      (arrived) => this.#keep(arrived),
      (error: unknown) => this.#failed(error),
    );
    return await this.#arriving;
  }

  async #fetch(): Promise<Arrived> {
    const { pipe: way, producerId, kind } = this.options;
    const { link, life, roomId } = way.options;
    const pipe = await way.open();
    way.board(this);
    this.#demand = 'flowing';
    this.#number += 1;
    const number = this.#number;
    const wish = { roomId, pipeId: pipe.id, producerId, number, demand: this.#demand };
    const answer = await link.ask(life, 'pipe.want', wish);
    this.#answered = number;
    if (!answer || this.#closed) throw new SfuError('gone', 'that producer has just ended');
    const { transport } = pipe;
    const { rtpParameters } = answer;
    const producer = await mediaCall(transport, 'taking a track from another node', () =>
      transport.produce({ id: producerId, kind, rtpParameters, paused: this.#held }),
    );
    return { producer: adopt(producer, !this.#closed && !transport.closed, 'the track'), pipe };
  }

  #keep(arrived: Arrived): Arrived {
    const { producer } = arrived;
    shareConsumable(producer);
    this.#failures = 0;
    this.#arrived = arrived;
    producer.observer.once('close', () => this.#lost(arrived));
    // Its origin may have been paused or resumed while it was made.
    this.#hold(producer);
    if (this.#trouble !== undefined) {
      this.#trouble = undefined;
      this.options.onArrived();
    }
    return arrived;
  }

  #failed(error: unknown): never {
    this.#arriving = undefined;
    this.#withdraw();
    this.#failures += 1;
    if (!this.#closed) {
      const isNew = this.#trouble === undefined;
      this.#trouble = toSfuError(error).message;
      if (isNew) this.options.onUnreachable(this.#trouble);
    }
    throw error;
  }

  /** Its pipe, its router or its worker ended. */
  #lost(arrived: Arrived): void {
    if (this.#arrived !== arrived) return;
    for (const receiver of this.#receivers) this.#orphans.add(receiver);
    this.#receivers.clear();
    this.#forget();
  }

  #forget(): void {
    this.#arrived = undefined;
    this.#arriving = undefined;
    this.#demand = 'unwanted';
    this.#cancelDemand();
    this.options.pipe.leave(this);
  }

  /** Takes it off the pipe. */
  #part(): void {
    const arrived = this.#arrived;
    if (!arrived) return;
    this.#want('unwanted', arrived.pipe);
    this.#forget();
    arrived.producer.close();
  }

  /** The other node may have put it on the pipe although it did not come about here. */
  #withdraw(): void {
    const pipe = this.options.pipe.current;
    if (pipe && this.#demand !== 'unwanted') this.#want('unwanted', pipe);
    this.#demand = 'unwanted';
    this.options.pipe.leave(this);
  }

  #retryLater(): void {
    const delay = Math.min(firstRetryMs * 2 ** this.#failures, longestRetryMs);
    this.#cancelRetry();
    this.#cancelRetry = this.options.pipe.options.clock.after(delay, () => this.options.onReachable());
  }

  /** Lets the other node send while somebody receives it. */
  #adjust(): void {
    const arrived = this.#arrived;
    if (!arrived) return;
    this.#cancelDemand();
    if ([...this.#receivers].some(({ paused }) => !paused)) return this.#want('flowing', arrived.pipe);
    const { clock } = this.options.pipe.options;
    this.#cancelDemand = clock.after(pauseAfterMs, () => {
      this.#want('paused', arrived.pipe);
      if (this.#receivers.size > 0) return;
      this.#cancelDemand = clock.after(unwantedMs - pauseAfterMs, () => this.#part());
    });
  }

  #want(demand: Demand, { id: pipeId }: OpenPipe): void {
    if (this.#demand === demand) return;
    this.#demand = demand;
    this.#number += 1;
    this.#ask(pipeId);
  }

  #ask(pipeId = this.#arrived?.pipe.id): void {
    if (pipeId === undefined) return;
    const { link, life, roomId } = this.options.pipe.options;
    const number = this.#number;
    const wish = { roomId, pipeId, producerId: this.options.producerId, number, demand: this.#demand };
    link.ask(life, 'pipe.want', wish).then(
      () => {
        this.#answered = Math.max(this.#answered, number);
      },
      // It is asked again with the next look at the pipe, which finds out, too, whether the pipe is still there.
      () => {},
    );
  }

  #hold(producer: types.Producer): void {
    if (producer.paused === this.#held) return;
    // One that ends at this moment needs no pause.
    (this.#held ? producer.pause() : producer.resume()).catch(() => {});
  }
}
