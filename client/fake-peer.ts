import { testFakeParameters, type types } from 'mediasoup-client';
import type { FakeMedia } from './fake-media.ts';
import type { FakeSocket } from './fake-socket.ts';
import { randomId } from './portable.ts';
import type {
  ConsumerInfo,
  JoinResult,
  PeerInfo,
  Permissions,
  ProducerInfo,
  ServerSource,
  TransportInfo,
} from './protocol.ts';
import type { Attributes, Metadata } from './remote-peer.ts';
import { serverSources, sourceOf } from './sources.ts';

/** What a token would say of a client. */
export interface FakeGrants extends Partial<Permissions> {
  readonly metadata?: Metadata;
  /** A name that the client cannot change. */
  readonly displayName?: string;
}

/** What a peer sends. */
export interface FakeProducer {
  readonly id: string;
  readonly kind: types.MediaKind;
  readonly appData: Readonly<Record<string, unknown>>;
  paused: boolean;
  /** By a moderator. */
  muted: boolean;
}

export interface FakeDataProducer {
  readonly id: string;
  readonly streamId: number;
  readonly label: string;
  readonly protocol: string;
  readonly appData: Readonly<Record<string, unknown>>;
  readonly ordered: boolean;
  count: number;
}

/** A channel on which a peer receives. */
export interface FakeDataConsumer {
  readonly id: string;
  readonly dataProducerId: string;
  readonly streamId: number;
  /** What waits for the client to have it; undefined once it has. */
  waiting: (string | ArrayBuffer)[] | undefined;
}

export function serverSourceOf({ kind, appData }: Pick<FakeProducer, 'kind' | 'appData'>): ServerSource {
  return serverSources[sourceOf(kind, appData)];
}

/** A client as the fake server sees it, from one connection to its end. */
export class FakePeer {
  readonly id: string;
  readonly producers = new Map<string, FakeProducer>();
  readonly dataProducers = new Map<string, FakeDataProducer>();
  /** What each comes from. */
  readonly consumers = new Map<string, FakeProducer>();
  readonly dataConsumers = new Map<string, FakeDataConsumer>();
  joined = false;
  displayName = '';
  device: PeerInfo['device'] = {};
  attributes: Attributes = {};
  metadata: Metadata;
  handRaisedAt: number | null = null;
  autoSubscribe = true;
  videoLimit: number | undefined;
  /** The producers of the videos that it receives, and no others. */
  watched: ReadonlySet<string> | undefined;
  publish: Permissions['publish'];
  #receiving = '';
  #lastStream = 0;

  constructor(
    readonly socket: FakeSocket,
    readonly media: FakeMedia,
    readonly grants: FakeGrants,
  ) {
    this.id = socket.url.searchParams.get('peerId') ?? '';
    this.metadata = grants.metadata ?? {};
    this.publish = grants.publish ?? true;
  }

  get permissions(): Permissions {
    const { subscribe = true, moderate = false } = this.grants;
    return { publish: this.publish, subscribe, moderate };
  }

  get info(): PeerInfo {
    const { id, displayName, device, metadata, attributes, handRaisedAt } = this;
    const hand = handRaisedAt === null ? {} : { handRaisedAt };
    return { id, peerId: id, displayName, device, metadata, attributes, ...hand };
  }

  get infoWithProducers(): JoinResult['peers'][number] {
    return { ...this.info, producers: [...this.producers.values()].map(producerInfo) };
  }

  mayPublish(source: ServerSource | 'data'): boolean {
    return typeof this.publish === 'boolean' ? this.publish : this.publish.includes(source);
  }

  /** Whether it is told of all that is published. */
  get chooses(): boolean {
    return !this.autoSubscribe || this.videoLimit !== undefined;
  }

  /** Whether it takes what it does not receive yet without asking for it by itself. */
  takes({ id, kind }: FakeProducer): boolean {
    if (!this.permissions.subscribe || this.#receives(id)) return false;
    if (kind === 'video' && this.watched) return this.watched.has(id);
    if (!this.autoSubscribe) return false;
    const videos = [...this.consumers.values()].filter((received) => received.kind === 'video');
    return kind === 'audio' || videos.length < (this.videoLimit ?? Number.POSITIVE_INFINITY);
  }

  #receives(producerId: string): boolean {
    return [...this.consumers.values()].some(({ id }) => id === producerId);
  }

  openTransport(receiving: boolean): TransportInfo {
    const { iceParameters, iceCandidates, dtlsParameters } =
      testFakeParameters.generateTransportRemoteParameters();
    const id = randomId();
    if (receiving) this.#receiving = id;
    const sctpParameters = { port: 5000, OS: 1024, MIS: 1024, maxMessageSize: 262_144 };
    // As they come from mediasoup-client, which takes them back.
    return { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } as TransportInfo;
  }

  consumerOf(peerId: string, producer: FakeProducer): ConsumerInfo {
    const { kind, appData, paused } = producer;
    const codecMimeType = kind === 'audio' ? 'audio/opus' : 'video/VP8';
    const { rtpParameters } = testFakeParameters.generateConsumerRemoteParameters({ codecMimeType });
    const id = randomId();
    this.consumers.set(id, producer);
    return {
      ...{ id, peerId, producerId: producer.id, transportId: this.#receiving, kind, appData },
      rtpParameters: rtpParameters as ConsumerInfo['rtpParameters'],
      type: 'simple',
      producerPaused: paused,
      consumerScore: { score: 10, producerScore: 10, producerScores: [10] },
    };
  }

  /** Offers a channel of another peer. */
  receiveData(
    peerId: string,
    { id: dataProducerId, label, protocol, appData, ordered }: FakeDataProducer,
  ): void {
    this.#lastStream += 1;
    const streamId = this.#lastStream;
    const consumer: FakeDataConsumer = { id: randomId(), dataProducerId, streamId, waiting: [] };
    this.dataConsumers.set(consumer.id, consumer);
    const { id } = consumer;
    const channel = { id, peerId, dataProducerId, transportId: this.#receiving, label, protocol, appData };
    const data = { ...channel, sctpStreamParameters: { streamId, ordered } };
    this.socket.request({ method: 'newDataConsumer', data }, () => {
      for (const message of consumer.waiting ?? []) this.media.deliver(streamId, message);
      consumer.waiting = undefined;
    });
  }

  deliver(dataProducerId: string, message: string | ArrayBuffer): void {
    for (const consumer of this.dataConsumers.values()) {
      if (consumer.dataProducerId !== dataProducerId) continue;
      if (consumer.waiting) consumer.waiting.push(message);
      else this.media.deliver(consumer.streamId, message);
    }
  }
}

export function producerInfo(producer: FakeProducer): ProducerInfo {
  const { id: producerId, kind, paused } = producer;
  return { producerId, kind, source: serverSourceOf(producer), paused };
}
