import type { Mesh } from '../src/cluster/mesh.ts';
import type { Clock } from '../src/core/clock.ts';
import type { HostState } from '../src/core/findings.ts';
import type { SfuEventName, SfuEvents } from '../src/sfu/events.ts';
import type { MediaObject, MediaObjectKind } from '../src/sfu/rooms/media-index.ts';
import type { WorkerUsage } from '../src/sfu/rooms/read-model.ts';
import type { Sfu } from '../src/sfu/sfu.ts';
import type { SignalingEventName, SignalingEvents } from '../src/signaling/events.ts';
import type { Store } from '../src/store/store.ts';
import type { WebhookOutbox } from '../src/store/webhook-outbox.ts';
import type { Metric } from './define.ts';
import type { Page } from './page.ts';
import type { Follower } from './sampler/follower.ts';
import type { Sampler } from './sampler/sampler.ts';

/** What signaling counts by itself, read at a scrape. */
export interface SignalingCounts {
  /** Messages that wait to be handled. */
  readonly queued: number;
  /** Notifications sent since the start. */
  readonly notifications: number;
}

/** What collectors measure. */
export interface MeasuredNode {
  readonly page: Page;
  /** Plain data of the domain, and nothing that could change it. */
  readonly sfu: Pick<Sfu, 'read' | 'drainDeadline' | 'unreadyReasons'> & {
    readonly media: Pick<Sfu['media'], 'find'>;
    readonly mesh: Pick<Sfu['mesh'], 'counts' | 'remotePeers' | 'readPipes'>;
  };
  readonly signaling: SignalingCounts;
  /** The webhooks that wait or have failed; not measured by default. */
  readonly webhooks: Pick<WebhookOutbox, 'states' | 'countsOf'> | undefined;
  /** The database; not measured by default. */
  readonly storage: Pick<Store, 'state'> | undefined;
  /** What the self-check finds; not measured by default. */
  readonly host: (() => HostState) | undefined;
  /** Whether media from this address comes over a relay. */
  readonly isRelay: (address: string) => boolean;
  /** This node among others; undefined for one that is alone. */
  readonly mesh: Pick<Mesh, 'measures' | 'onAsked'> | undefined;
  readonly sampler: Pick<Sampler, 'counts' | 'interval' | 'lastPassSeconds' | 'lastPart'>;
  /** Of Tureen itself. */
  readonly version: string;
  readonly clock: Clock;
}

/** How a collector comes by its values. What it registers may throw: the page then says so, and the rest goes on. */
export interface Sources extends MeasuredNode {
  /** Calls with each event of the domain of that name. */
  onEvent<N extends SfuEventName>(name: N, listener: (data: SfuEvents[N]) => void): void;
  /** Calls with each event of signaling of that name. */
  onSignalingEvent<N extends SignalingEventName>(name: N, listener: (data: SignalingEvents[N]) => void): void;
  /** Calls when somebody scrapes, to write what is there now. It has to be fast, and asks no worker. */
  onScrape(collect: () => void): void;
  /** Follows each media object of a kind: the sampler asks for its statistics in each pass. */
  onSample<K extends MediaObjectKind>(kind: K, follow: (object: MediaObject<K>) => Follower<K>): void;
  /** Calls with what a worker has used, once a pass of the sampler. */
  onWorkerUsage(listener: (workerIndex: number, usage: WorkerUsage) => void): void;
  /** Calls once a pass of the sampler, to ask the workers for what is no media object of a peer. */
  onPass(read: () => Promise<void>): void;
  /** Calls twice a second with how late a timer of the event loop fired, in milliseconds. */
  onLoopLag(listener: (milliseconds: number) => void): void;
}

/** Metrics of one subject, with how they are collected. */
export interface Collector {
  /** Its name in the label `collector` of the metrics about collecting. */
  readonly name: string;
  /** Heading of its metrics in docs/metrics.md. */
  readonly title: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Called once, before the node has rooms. */
  start(sources: Sources): void;
}
