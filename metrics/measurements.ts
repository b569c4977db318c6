import { hostname } from 'node:os';
import type { Config } from '../src/config/config.ts';
import type { Clock } from '../src/core/clock.ts';
import { systemClock } from '../src/core/clock.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingBus } from '../src/signaling/events.ts';
import type { WebhookOutbox } from '../src/store/webhook-outbox.ts';
import { collectNode } from './collectors/node.ts';
import { collectProcess } from './collectors/process.ts';
import { collectRooms } from './collectors/rooms.ts';
import { type Collectors, runCollectors } from './collectors/run.ts';
import { collectWebhooks } from './collectors/webhooks.ts';
import { collectWorkers } from './collectors/workers.ts';
import { allMetrics, server } from './definitions/index.ts';
import { Joins } from './follow/joins.ts';
import { followRooms } from './follow/rooms.ts';
import { followSignaling } from './follow/signaling.ts';
import { Speakers } from './follow/speakers.ts';
import { followWorkers } from './follow/workers.ts';
import { LoopLag } from './loop-lag.ts';
import { Page } from './page.ts';
import { roomPage } from './room-page.ts';
import { Census } from './sampler/census.ts';
import { Sampler } from './sampler/sampler.ts';
import { type TopRooms, topRooms } from './top.ts';
import type { Traces } from './traces.ts';

/** What is measured of signaling. */
export interface MeasuredSignaling {
  readonly events: SignalingBus;
  /** What it counts by itself, read at a scrape. */
  readonly counts: {
    /** Messages that wait to be handled. */
    readonly queued: number;
    /** Notifications sent since the start. */
    readonly notifications: number;
  };
}

export interface MeasurementsOptions {
  sfu: Sfu;
  config: Pick<Config, 'statsIntervalSeconds' | 'node' | 'region' | 'otlpEndpoint' | 'otlpHeaders'>;
  signaling: MeasuredSignaling;
  /** The webhooks that wait or have failed; not measured by default. */
  webhooks?: Pick<WebhookOutbox, 'states' | 'countsOf'>;
  /** Of Tureen itself. */
  version: string;
  clock?: Clock;
  /** A collector or a pass of the sampler failed. */
  onError: (error: unknown) => void;
}

/** Everything that is measured of a node. It follows the events of the domain and of signaling and asks mediasoup. */
export class Measurements {
  readonly page: Page;
  readonly census: Census;
  readonly sampler: Sampler;
  readonly #loopLag: LoopLag;
  readonly #traces: Promise<Traces> | undefined;
  readonly #collectors: Collectors;

  /** @param options.sfu one whose workers run and whose rooms have not been opened yet */
  constructor(private readonly options: MeasurementsOptions) {
    const { sfu, config, signaling, webhooks, version, clock = systemClock, onError } = options;
    const { node = hostname(), region = 'none' } = config;
    const page = new Page(allMetrics, { node, region });
    const joins = new Joins(page, sfu.events, signaling.events);
    const speakers = new Speakers(page, sfu.events, clock);
    const onMedia = (transportId: string) => joins.mediaOn(transportId);
    const onTransportGone = (transportId: string) => joins.forgetTransport(transportId);
    this.page = page;
    this.census = new Census({ page, onMedia, onTransportGone });
    this.#loopLag = new LoopLag(page);
    // Loaded only when traces are wanted.
    this.#traces = config.otlpEndpoint
      ? import('./traces.ts').then(
          ({ Traces }) => new Traces({ events: signaling.events, config, version, onError }),
        )
      : undefined;
    followRooms(page, sfu.events);
    followSignaling(page, signaling.events);
    followWorkers(page, this.census, sfu.pool, sfu.events);
    this.sampler = new Sampler({
      page,
      census: this.census,
      clock,
      loopLag: this.#loopLag,
      intervalSeconds: config.statsIntervalSeconds,
      onError,
    });
    this.#collectors = {
      process: () => collectProcess(page),
      rooms: () => collectRooms(page, sfu.rooms, sfu.pool.slots.length),
      speakers: () => speakers.collect(),
      workers: () => collectWorkers(page, sfu.pool.slots),
      signaling: () => {
        page.set(server.queuedMessages, signaling.counts.queued);
        page.raise(server.notifications, signaling.counts.notifications);
      },
      webhooks: () => webhooks && collectWebhooks(page, webhooks, clock.now()),
      node: () => collectNode(page, sfu, version),
    };
  }

  /** The node's page: reads what is there and asks no worker. */
  async text(format: 'text' | 'openmetrics' = 'text'): Promise<string> {
    runCollectors(this.page, this.#collectors, this.options.onError);
    return await (format === 'text' ? this.page.text() : this.page.openMetrics());
  }

  /** The page of one room, with ids as labels: asked of the workers now. @throws SfuError not_found */
  async room(roomId: string): Promise<string> {
    return await roomPage(this.options.sfu.room(roomId));
  }

  /** The worst rooms, from the last samples. */
  top(): TopRooms {
    return topRooms(this.options.sfu.rooms.values(), this.census);
  }

  /** Resolves when the last traces are delivered, or cannot be. */
  async close(): Promise<void> {
    this.sampler.close();
    this.#loopLag.close();
    const traces = await this.#traces;
    await traces?.close();
  }
}
