import type { types } from 'mediasoup';
import type { Clock } from '../../core/clock.ts';
import type { CodecName } from '../../core/codecs.ts';
import { SfuError } from '../../core/errors.ts';
import { shareConsumable } from '../quirks/consumable-parameters.ts';
import { LeasedRouters, type RouterLease } from '../quirks/payload-types.ts';
import { keepsId } from '../quirks/pipe-ids.ts';
import { passPausesOn } from '../quirks/pipe-pauses.ts';
import { closeRouter } from '../quirks/router-close.ts';
import { undisguised } from '../quirks/telephone-events.ts';
import { mediaCodecs, shareCapabilities } from './codecs.ts';
import { followCosts, type RouterCost } from './costs.ts';
import { mediaCall } from './media-call.ts';
import { answers, type LiveWorker, type WorkerPool } from './workers.ts';

/** Workers that may die one after the other before a new peer is told. */
const mostAttempts = 3;
/** A peer receives what there is so long after it was placed; from then on its consumers count. */
const reservedMs = 10_000;

/** The part of a room that lives on one worker. */
export interface RoomRouter {
  readonly live: LiveWorker;
  readonly router: types.Router;
  /** Producers of other routers that are, or are being, piped to this one, with their ids here. */
  readonly piped: Map<string, Promise<string>>;
  /** The consumers on it, and what they cost. */
  readonly cost: RouterCost;
}

export interface RoomRoutersOptions {
  pool: WorkerPool;
  codecs: readonly CodecName[];
  /** With consumers of so many bits a second on one worker the next peers go to another one. */
  bitratePerWorker: () => number;
  /** With this many consumers, too; undefined for however many. */
  consumersPerWorker: () => number | undefined;
  /** What the next peer is about to receive, in bits a second. */
  expected: () => number;
  clock: Clock;
  /** A router ended, with its worker (died) or by command (moved). */
  onLost: (lost: RoomRouter) => void;
  onOpened: (opened: RoomRouter) => void;
}

/**
 * The routers of a room: one at first, on the least loaded worker; more when the room outgrows it. What a peer on one
 * router sends is piped to another router when the first peer there wants it.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#router-pipeToRouter
 */
export class RoomRouters {
  readonly #routers = new Map<LiveWorker, RoomRouter>();
  readonly #opening = new Map<LiveWorker, Promise<RoomRouter>>();
  readonly #leased = new LeasedRouters((codecs) => this.#openLeased(codecs));
  #rtpCapabilities: types.RtpCapabilities | undefined;
  #closed = false;
  #preferred: LiveWorker | undefined;

  #codecs: readonly CodecName[];

  constructor(private readonly options: RoomRoutersOptions) {
    this.#codecs = options.codecs;
  }

  /** What it offers, the preferred first. */
  get codecs(): readonly CodecName[] {
    return this.#codecs;
  }

  get all(): readonly RoomRouter[] {
    return [...this.#routers.values()];
  }

  /** The router that the observers listen on: the oldest that lives. */
  get home(): RoomRouter | undefined {
    return this.all[0];
  }

  /** The same for every router of the room, since all have the same codecs. */
  get rtpCapabilities(): types.RtpCapabilities {
    return this.#rtpCapabilities ?? {};
  }

  /**
   * The router for a peer that will receive in a moment. Until it does, its place is kept: many come at once, and the consumers of
   * all of them are still to be made. @throws SfuError worker_unavailable
   */
  async placePeer(): Promise<RoomRouter> {
    return await this.place(this.options.expected());
  }

  /** The router for what comes next. @param expected what it keeps a place for @throws SfuError worker_unavailable */
  async place(expected = 0): Promise<RoomRouter> {
    for (let attempt = 1; ; attempt += 1) {
      const roomy = this.all.find((each) => answers(each.live) && this.#hasRoom(each));
      // At once: the next one who comes at this moment has to see it.
      if (roomy) return this.#reserve(roomy, expected);
      const live = await this.#nextWorker();
      if (!live) return this.#reserve(this.#leastUsed(), expected);
      try {
        return this.#reserve(await (this.#opening.get(live) ?? this.#open(live)), expected);
      } catch (error) {
        // A worker that died at this moment leaves its place to another one.
        if (!live.worker.closed || attempt === mostAttempts) throw error;
      }
    }
  }

  /** A router beside those of the room, with codecs of its own. @throws SfuError worker_unavailable, gone */
  lease(codecs: types.RouterRtpCodecCapability[]): Promise<RouterLease<RoomRouter>> {
    return this.#leased.lease(codecs);
  }

  /**
   * Makes a producer of one router available on another.
   * @returns its id there: the same, unless both routers are on one worker, where an id can be taken only once
   */
  async pipe(options: {
    producerId: string;
    data: boolean;
    from: RoomRouter;
    to: RoomRouter;
  }): Promise<string> {
    const { producerId, data, from, to } = options;
    if (from === to) return producerId;
    const running = to.piped.get(producerId);
    if (running) return await running;
    const piping = mediaCall(from.router, 'piping a producer to another worker', async () => {
      const key = data ? { dataProducerId: producerId } : { producerId };
      const { pipeConsumer, pipeProducer, pipeDataProducer } = await from.router.pipeToRouter({
        ...key,
        router: to.router,
        keepId: keepsId(from, to),
      });
      if (pipeConsumer && pipeProducer) passPausesOn(pipeConsumer, pipeProducer);
      if (pipeProducer) shareConsumable(pipeProducer);
      const forget = () => to.piped.delete(producerId);
      pipeProducer?.observer.once('close', forget);
      pipeDataProducer?.observer.once('close', forget);
      return (pipeProducer ?? pipeDataProducer)?.id ?? producerId;
    });
    to.piped.set(producerId, piping);
    piping.catch(() => to.piped.delete(producerId));
    return await piping;
  }

  /** Closes every router, as a move to another worker wants it; `place` then opens one on the preferred worker. */
  retire(preferred?: LiveWorker): RoomRouter[] {
    const retired = [...this.all, ...this.#leased.all];
    this.#preferred = preferred;
    this.#routers.clear();
    this.#leased.retire();
    for (const { router } of retired) closeRouter(router);
    return retired;
  }

  /** Gives the room other codecs, while nobody is in it: it has no router until the next `place`. */
  recode(codecs: readonly CodecName[]): void {
    this.#codecs = codecs;
    this.retire();
    this.#rtpCapabilities = undefined;
  }

  close(): void {
    this.#closed = true;
    this.retire();
  }

  /** Where the room grows to: a worker on which it is being opened, or that it does not use yet; none when it uses all. */
  async #nextWorker(): Promise<LiveWorker | undefined> {
    const [opening] = this.#opening.keys();
    if (opening) return opening;
    if (this.#routers.size > 0) return this.options.pool.leastLoaded(new Set(this.#routers.keys()));
    if (this.#preferred && answers(this.#preferred)) return this.#preferred;
    return await this.options.pool.pick();
  }

  #reserve(router: RoomRouter, expected: number): RoomRouter {
    if (expected === 0) return router;
    const { cost } = router;
    cost.reserved += expected;
    this.options.clock.after(reservedMs, () => {
      cost.reserved = Math.max(0, cost.reserved - expected);
    });
    return router;
  }

  #hasRoom(router: RoomRouter): boolean {
    const { bitratePerWorker, consumersPerWorker } = this.options;
    const most = consumersPerWorker();
    return costOf(router) < bitratePerWorker() && (most === undefined || router.cost.consumers < most);
  }

  #leastUsed(): RoomRouter {
    const [first, ...rest] = this.all;
    if (!first) throw new SfuError('gone', 'the room lost its workers at this moment; try again');
    return rest.reduce((least, candidate) => (costOf(candidate) < costOf(least) ? candidate : least), first);
  }

  #open(live: LiveWorker): Promise<RoomRouter> {
    const opening = this.#create(live).finally(() => this.#opening.delete(live));
    this.#opening.set(live, opening);
    return opening;
  }

  async #openLeased(codecs: types.RouterRtpCodecCapability[]): Promise<RoomRouter> {
    const { live } = await this.place();
    const opened = await createRouter(live, codecs);
    const { router } = opened;
    if (this.#closed) closeRouter(router);
    router.once('workerclose', () => this.options.onLost(opened));
    return opened;
  }

  async #create(live: LiveWorker): Promise<RoomRouter> {
    const opened = await createRouter(live, mediaCodecs(this.#codecs));
    const { router } = opened;
    if (this.#closed) closeRouter(router);
    this.#rtpCapabilities ??= shareCapabilities(undisguised(router.rtpCapabilities));
    router.once('workerclose', () => {
      if (this.#routers.delete(live)) this.options.onLost(opened);
    });
    if (!router.closed) {
      this.#routers.set(live, opened);
      this.options.onOpened(opened);
    }
    return opened;
  }
}

async function createRouter(live: LiveWorker, codecs: types.RouterRtpCodecCapability[]): Promise<RoomRouter> {
  const router = await mediaCall(live.worker, 'opening a router', () =>
    live.worker.createRouter({ mediaCodecs: codecs }),
  );
  const cost = followCosts(router, (difference) => {
    live.load.bitrate += difference;
  });
  return { live, router, piped: new Map(), cost };
}

function costOf({ cost: { bitrate, reserved } }: RoomRouter): number {
  return bitrate + reserved;
}
