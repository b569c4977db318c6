import { hostname } from 'node:os';
import type { Config } from '../src/config/config.ts';
import { type Clock, systemClock } from '../src/core/clock.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingBus } from '../src/signaling/events.ts';
import { allMetrics, Collection } from './collection.ts';
import type { MeasuredNode, SignalingCounts } from './collector.ts';
import { LoopLag } from './loop-lag.ts';
import { Page } from './page.ts';
import type { PeerQualities } from './peer-qualities.ts';
import { roomPage } from './room-page.ts';
import { Sampler } from './sampler/sampler.ts';
import { Qualities, type TopRooms, topRooms } from './top.ts';
import type { Traces } from './traces.ts';

export interface MeasurementsOptions {
  sfu: Sfu;
  config: Pick<Config, 'statsIntervalSeconds' | 'node' | 'region' | 'otlpEndpoint' | 'otlpHeaders'>;
  signaling: { readonly events: SignalingBus; readonly counts: SignalingCounts };
  /** The webhooks that wait or have failed; not measured by default. */
  webhooks?: MeasuredNode['webhooks'];
  /** The database; not measured by default. */
  storage?: MeasuredNode['storage'];
  /** What the self-check finds; not measured by default. */
  host?: MeasuredNode['host'];
  /** Whether media from this address comes over a relay; none does by default. */
  isRelay?: MeasuredNode['isRelay'];
  /** This node among others; undefined for one that is alone. */
  mesh?: MeasuredNode['mesh'];
  /** Takes what is measured of each peer; nothing does by default. */
  qualities?: PeerQualities;
  /** Of Tureen itself. */
  version: string;
  clock?: Clock;
  /** A collector or a pass of the sampler failed. */
  onError: (error: unknown) => void;
}

/** Everything that is measured of a node. It follows the events of the domain and of signaling and reads the domain's data. */
export class Measurements {
  readonly page: Page;
  readonly sampler: Sampler;
  readonly #loopLag = new LoopLag();
  readonly #qualities = new Qualities();
  readonly #collection: Collection;
  readonly #traces: Promise<Traces> | undefined;

  /** @param options.sfu one whose rooms have not been opened yet */
  constructor(private readonly options: MeasurementsOptions) {
    const {
      sfu,
      config,
      signaling,
      webhooks,
      storage,
      host,
      isRelay = () => false,
      mesh,
      qualities,
      version,
      clock = systemClock,
      onError,
    } = options;
    const { node = hostname(), region = 'none', statsIntervalSeconds: intervalSeconds } = config;
    const page = new Page(allMetrics, { node, region });
    const loopLag = this.#loopLag;
    const sampler = new Sampler({ page, sfu, clock, loopLag, intervalSeconds, onError });
    this.page = page;
    this.sampler = sampler;
    this.#collection = new Collection({
      node: {
        page,
        sfu,
        signaling: signaling.counts,
        webhooks,
        storage,
        host,
        isRelay,
        mesh,
        sampler,
        version,
        clock,
      },
      events: sfu.events,
      signalingEvents: signaling.events,
      sampler,
      loopLag,
      onError,
    });
    this.#qualities.follow(sampler, onError);
    qualities?.follow(sampler, onError);
    sampler.start();
    // Loaded only when traces are wanted.
    this.#traces = config.otlpEndpoint
      ? import('./traces.ts').then(
          ({ Traces }) => new Traces({ events: signaling.events, config, version, onError }),
        )
      : undefined;
  }

  /** The node's page: reads what is there and asks no worker. */
  async text(format: 'text' | 'openmetrics' = 'text'): Promise<string> {
    this.#collection.collect();
    return await (format === 'text' ? this.page.text() : this.page.openMetrics());
  }

  /** The page of one room, with ids as labels: asked of the workers now. @throws SfuError not_found */
  async room(roomId: string): Promise<string> {
    return await roomPage(this.options.sfu, roomId);
  }

  /** The worst rooms, from the last samples. */
  top(): TopRooms {
    return topRooms(this.options.sfu.read, this.#qualities);
  }

  /** Resolves when the last traces are delivered, or cannot be. */
  async close(): Promise<void> {
    this.sampler.close();
    this.#loopLag.close();
    const traces = await this.#traces;
    await traces?.close();
  }
}
