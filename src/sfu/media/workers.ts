import type { types } from 'mediasoup';
import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { SfuBus } from '../events.ts';
import { Heartbeat, hungCause } from './heartbeat.ts';
import { inTime } from './media-call.ts';
import { kill, startWorker } from './worker-process.ts';

export interface WorkerPoolOptions {
  /** How many workers run. */
  count: number;
  /** Where the WebRtcServer of worker i listens: one entry an address and protocol. */
  listenInfos: (workerIndex: number) => types.TransportListenInfo[];
  /** The executable to start; mediasoup's own choice unless told. */
  workerBin?: string;
  /** Puts the executable back where it was deleted; called before a worker is replaced. */
  restore?: () => Promise<void>;
  events: SfuBus;
  log: Logger;
  clock: Clock;
}

/** A running worker with what it carries. It lives until its process ends; its successor is another object. */
export interface LiveWorker {
  readonly index: number;
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  readonly startedAt: number;
  /** Routers, producers and consumers on it, kept by mediasoup's own observers, and what the latter cost in bits a second. */
  readonly load: { routers: number; producers: number; consumers: number; bitrate: number };
  readonly heartbeat: Heartbeat;
}

/** What a worker has used since its start, and how long it took to say so. */
export interface WorkerUsage {
  readonly pid: number;
  /** Milliseconds of processor time, user and system. */
  readonly cpu: number;
  /** Milliseconds from the question to the answer. */
  readonly latency: number;
}

/** What is known of one place in the pool, whether its worker runs or not. */
export interface WorkerSlot {
  readonly index: number;
  live: LiveWorker | undefined;
  deaths: number;
}

const firstDelay = 50;
const longestDelay = 10_000;
const calmAfter = 60_000;
/** More deaths than this in a minute make the node unready. */
const toleratedDeaths = 3;
/** A new room costs a worker about as much as ten pictures once its peers have come. Bits a second. */
const routerWeight = 10_000_000;
/** What a producer takes, of a picture or of sound, counts little beside those who receive it. */
const producerWeight = 1_000_000;

/**
 * One mediasoup worker a core, each with a WebRtcServer of its own. A worker that dies is replaced, at first at
 * once, then with a growing delay. https://mediasoup.org/documentation/v3/scalability/
 */
export class WorkerPool {
  readonly slots: readonly WorkerSlot[];
  #recentDeaths: number[] = [];
  #waiting = new Set<() => void>();
  #closed = false;
  #cancelRespawns = new Set<() => void>();

  constructor(private readonly options: WorkerPoolOptions) {
    this.slots = Array.from({ length: options.count }, (_, index) => ({ index, live: undefined, deaths: 0 }));
  }

  /** Starts every worker. @throws Error when one of them cannot start: then the host is not fit, and none stays. */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.slots.map((slot) => this.#spawn(slot, false)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      this.close();
      throw failed.reason;
    }
  }

  /** The worker that carries least, among those that answer and are not excluded. */
  leastLoaded(excluded: ReadonlySet<LiveWorker> = new Set()): LiveWorker | undefined {
    let best: LiveWorker | undefined;
    for (const { live } of this.slots) {
      if (live && answers(live) && !excluded.has(live) && (!best || loadOf(live) < loadOf(best))) best = live;
    }
    return best;
  }

  /**
   * As leastLoaded, but waits a moment for a worker that is late or is being replaced.
   * @throws SfuError worker_unavailable when none came up in that time.
   */
  async pick(waitMilliseconds = 5000): Promise<LiveWorker> {
    const ready = this.leastLoaded();
    if (ready) return ready;
    await this.#nextStart(waitMilliseconds);
    const started = this.leastLoaded();
    if (started) return started;
    throw new SfuError(
      'worker_unavailable',
      'no media worker answers; one is being started, try again in a moment',
    );
  }

  /** @throws SfuError not_found for a worker that does not run or answer */
  running(index: number): LiveWorker {
    const live = this.slots[index]?.live;
    if (live && answers(live)) return live;
    const sentence = `there is no worker with the index ${index} that runs and answers; choose another one`;
    throw new SfuError('not_found', sentence);
  }

  /** Asks a worker for its usage. @returns undefined when none runs there, or when it ends meanwhile */
  async usage(index: number): Promise<WorkerUsage | undefined> {
    const { worker } = this.slots[index]?.live ?? {};
    const askedAt = performance.now();
    if (!worker) return undefined;
    const used = await inTime('asking for the usage', worker.getResourceUsage()).catch(() => undefined);
    if (!used) return undefined;
    return {
      pid: worker.pid,
      cpu: used.ru_utime + used.ru_stime,
      latency: performance.now() - askedAt,
    };
  }

  #nextStart(waitMilliseconds: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        cancel();
        resolve();
      };
      const cancel = this.options.clock.after(waitMilliseconds, wake);
      this.#waiting.add(wake);
    });
  }

  /** Why the pool cannot be relied upon, or undefined when it can. */
  unreadyReason(): string | undefined {
    const running = this.slots.flatMap(({ live }) => live ?? []);
    if (running.length === 0) return 'no media worker is running';
    if (!running.some(answers)) return 'no media worker answers';
    const deaths = this.deathsInLastMinute();
    if (deaths > toleratedDeaths)
      return `${deaths} media workers died within a minute, at most ${toleratedDeaths} are normal`;
    return undefined;
  }

  deathsInLastMinute(): number {
    const since = this.options.clock.elapsed() - calmAfter;
    this.#recentDeaths = this.#recentDeaths.filter((time) => time > since);
    return this.#recentDeaths.length;
  }

  /** Ends every worker and starts none any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancelRespawns) cancel();
    this.#cancelRespawns.clear();
    for (const slot of this.slots) {
      if (slot.live) end(slot.live);
      slot.live = undefined;
    }
    this.#wake();
  }

  async #spawn(slot: WorkerSlot, restart: boolean): Promise<void> {
    const { workerBin, restore } = this.options;
    const listenInfos = this.options.listenInfos(slot.index);
    if (restart) await restore?.();
    const worker = await startWorker(workerBin);
    const load = { routers: 0, producers: 0, consumers: 0, bitrate: 0 };
    countLoad(worker, load);
    const opening = worker.createWebRtcServer({ listenInfos });
    const webRtcServer = await inTime('listening for media', opening).catch((error: Error) => {
      kill(worker);
      worker.close();
      throw error instanceof SfuError ? error : cannotListen(listenInfos, error);
    });
    if (this.#closed) return worker.close();
    if (worker.closed) throw new Error(`media worker ${worker.pid} died while it was starting`);
    const { events, clock } = this.options;
    const heartbeat = new Heartbeat({
      ask: () => worker.getResourceUsage(),
      onAnswer: () => this.#wake(),
      onHung: () => kill(worker),
    });
    const live = { index: slot.index, worker, webRtcServer, startedAt: clock.now(), load, heartbeat };
    slot.live = live;
    worker.once('died', (error) => this.#replace(slot, live, error.message));
    events.emit('workerStarted', { workerIndex: slot.index, pid: worker.pid, restart });
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #replace(slot: WorkerSlot, { worker, heartbeat }: LiveWorker, error: string): void {
    slot.live = undefined;
    heartbeat.stop();
    if (this.#closed) return;
    const { events, clock } = this.options;
    slot.deaths += 1;
    this.#recentDeaths.push(clock.elapsed());
    const cause = heartbeat.hung ? hungCause : error;
    events.emit('workerDied', { workerIndex: slot.index, pid: worker.pid, cause });
    const deaths = this.deathsInLastMinute();
    this.#respawnAfter(slot, deaths > 1 ? Math.min(firstDelay * 2 ** deaths, longestDelay) : 0);
  }

  #respawnAfter(slot: WorkerSlot, delay: number): void {
    const { events, clock, log } = this.options;
    const respawn = () => {
      this.#cancelRespawns.delete(cancel);
      this.#spawn(slot, true).catch((error: Error) => {
        log.error('a media worker could not be started; trying again', {
          workerIndex: slot.index,
          delay,
          error,
        });
        events.emit('workerFailed', { workerIndex: slot.index, cause: error.message });
        if (!this.#closed) this.#respawnAfter(slot, Math.min(Math.max(delay, firstDelay) * 2, longestDelay));
      });
    };
    const cancel = clock.after(delay, respawn);
    this.#cancelRespawns.add(cancel);
  }
}

/** Whether new media may be placed on it. One that just died is still in its slot while mediasoup tells its routers. */
export function answers({ worker, heartbeat }: LiveWorker): boolean {
  return !worker.closed && !heartbeat.late;
}

/** A worker that does not answer does not read that it should close, either. */
function end({ worker, heartbeat }: LiveWorker): void {
  heartbeat.stop();
  if (heartbeat.late) kill(worker);
  worker.close();
}

function loadOf({ load }: LiveWorker): number {
  return load.bitrate + producerWeight * load.producers + routerWeight * load.routers;
}

function cannotListen(listenInfos: readonly types.TransportListenInfo[], error: Error): Error {
  const places = listenInfos
    .map(({ protocol, ip, port }) => `${protocol} ${ip}:${port || 'any port'}`)
    .join(', ');
  return new Error(
    `cannot listen for media on ${places}: ${error.message}. Is another server using the port? Free it, or set TUREEN_RTC_BASE_PORT or TUREEN_LISTEN_IP`,
    { cause: error },
  );
}

function countLoad(worker: types.Worker, load: LiveWorker['load']): void {
  const track = (
    key: 'routers' | 'producers' | 'consumers',
    child: { observer: { once(event: 'close', done: () => void): unknown } },
  ) => {
    load[key] += 1;
    child.observer.once('close', () => {
      load[key] -= 1;
    });
  };
  worker.observer.on('newrouter', (router) => {
    track('routers', router);
    router.observer.on('newtransport', (transport) => {
      transport.observer.on('newproducer', (producer) => track('producers', producer));
      transport.observer.on('newconsumer', (consumer) => track('consumers', consumer));
    });
  });
}
