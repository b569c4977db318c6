import type { types } from 'mediasoup-client';
import { type EncodingOptions, producerOptions, setDegradation } from './encodings.ts';
import type { Media } from './media.ts';
import { appDataOf, type TrackSource } from './sources.ts';

/** What is sent, as far as it is needed here. */
export interface Sent {
  readonly source: TrackSource;
  readonly track: MediaStreamTrack;
  readonly options: EncodingOptions & { readonly appData?: Readonly<Record<string, unknown>> };
  readonly paused: boolean;
  /** It has no track at the moment. */
  readonly released: boolean;
  readonly ended: boolean;
}

export interface ProductionOptions {
  readonly media: Media;
  readonly sent: Sent;
  /** A moderator muted it when it was produced, or did not. */
  readonly onHeld: (held: boolean) => void;
  /** While we move: how it is sent to the server that we leave. */
  readonly replaces?: Production;
}

/** A publication as it is sent over one media. While we move there are two. */
export class Production {
  #producer: types.Producer | undefined;
  /** The attempt to produce it that is pending. */
  #producing: Promise<void> | undefined;
  /** The server mutes what it makes muted before it answers with the id. */
  readonly #early = new Map<string, boolean>();
  #closed = false;
  #sendsAll = false;

  constructor(private readonly options: ProductionOptions) {}

  get producer(): types.Producer | undefined {
    return this.#producer;
  }

  /** Whether nothing is produced, or about to be. */
  get idle(): boolean {
    return !this.#producer && !this.#producing;
  }

  /** Resolves when what is being produced is, or has failed. */
  get settled(): Promise<void> {
    return this.#producing?.catch(() => {}) ?? Promise.resolve();
  }

  /** Sends the track. @throws ClientError when it is refused */
  async start(): Promise<void> {
    const producing = this.#produce();
    this.#producing = producing;
    try {
      await producing;
    } finally {
      if (this.#producing === producing) this.#producing = undefined;
    }
  }

  /** What a moderator did with a producer. @returns whether it is this one */
  told(producerId: string, held: boolean): boolean {
    if (producerId === this.#producer?.id) return true;
    if (this.#producing) this.#early.set(producerId, held);
    return false;
  }

  async pause(): Promise<void> {
    this.#producer?.pause();
    await this.#ask('pauseProducer');
  }

  async resume(): Promise<void> {
    await this.#ask('resumeProducer');
  }

  /** Follows the publication on this side. */
  showPaused(paused: boolean): void {
    if (paused) this.#producer?.pause();
    else this.#producer?.resume();
  }

  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    await this.#producer?.replaceTrack({ track });
  }

  /** We have moved: all its layers are sent. */
  sendAll(): void {
    this.#sendsAll = true;
    if (this.#producer) void this.#limit(this.#producer);
  }

  /** Its connection is gone, or is about to be closed. */
  detach(): void {
    this.#closed = true;
  }

  /** Ends it on this side. */
  close(): void {
    this.#closed = true;
    this.#producer?.close();
  }

  /** Ends it on both sides. */
  async end(): Promise<void> {
    this.close();
    await this.#ask('closeProducer');
  }

  async #ask(method: 'pauseProducer' | 'resumeProducer' | 'closeProducer'): Promise<void> {
    if (this.#producer) await this.options.media.request(method, { producerId: this.#producer.id });
  }

  async #produce(): Promise<void> {
    const { media, sent, onHeld, replaces: former } = this.options;
    await former?.settled;
    const replaces = former?.producer?.id;
    const { source, track, options, paused } = sent;
    const plan = producerOptions(source, track, options, media.device.sendRtpCapabilities);
    const appData = { ...options.appData, ...appDataOf(source) };
    const producer = await media.produce(
      { ...plan, track, stopTracks: false, appData },
      { paused, ...(!this.#sendsAll && { replaces }) },
    );
    if (this.#closed || sent.ended || producer.closed) return abandon(media, producer);
    this.#producer = producer;
    const held = this.#early.get(producer.id) ?? false;
    this.#early.clear();
    // Beside another one it is held when that is.
    if (held || !former) onHeld(held);
    await this.#limit(producer);
    await setDegradation(producer.rtpSender, source, options.degradationPreference).catch(() => {});
    await this.#catchUp(producer, paused);
  }

  /** The other server has all layers until we have moved: both would be too much for many a network. */
  async #limit(producer: types.Producer): Promise<void> {
    const layers = producer.rtpParameters.encodings?.length ?? 1;
    if (layers === 1 || !this.options.replaces) return;
    await producer.setMaxSpatialLayer(this.#sendsAll ? layers - 1 : 0).catch(() => {});
    // We may have moved meanwhile.
    if (this.#sendsAll && producer.maxSpatialLayer === 0) await this.#limit(producer);
  }

  /** What was changed while the server was asked to produce is changed now. */
  async #catchUp(producer: types.Producer, toldPaused: boolean): Promise<void> {
    const { paused, track, released } = this.options.sent;
    if (paused) producer.pause();
    if (paused !== toldPaused) await this.#ask(paused ? 'pauseProducer' : 'resumeProducer');
    if (producer.track !== track && !released) await producer.replaceTrack({ track });
  }
}

/** It ended, or its transport did, while the server was asked: the server must not keep a producer that nobody feeds. */
function abandon(media: Media, producer: types.Producer): void {
  producer.close();
  // If its transport has ended, the server has closed it already.
  media.request('closeProducer', { producerId: producer.id }).catch(() => {});
}
