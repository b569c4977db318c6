import type { types } from 'mediasoup-client';
import { Attachments } from './attachments.ts';
import { Events } from './events.ts';
import { LayerChoice } from './layer-choice.ts';
import { countLayers, type LayerCounts, type Layers, missedLayers } from './layers.ts';
import { OutOfBandwidth } from './out-of-bandwidth.ts';
import type { ConsumerInfo } from './protocol.ts';
import type { Reception, ReceptionNews } from './reception.ts';
import { Receptions } from './receptions.ts';
import { untilRendered } from './rendering.ts';
import { sourceOf, type TrackSource } from './sources.ts';
import type { TrackHost } from './track-host.ts';
import { Wishes } from './wishes.ts';

export interface RemoteTrackEvents {
  /** Muted or not, blocked or not, out of bandwidth or not, other layers, another score. */
  changed: RemoteTrack;
  /**
   * It has another `mediaTrack`, since its sender or this client moved to another server. Elements that it is attached to play
   * it already; `former` ends now.
   */
  replaced: { readonly track: RemoteTrack; readonly former: MediaStreamTrack };
  ended: { readonly track: RemoteTrack; readonly reason: string };
}

/** A track of another peer. It stays the same when that, or we, move to another server. */
export class RemoteTrack extends Events<RemoteTrackEvents> {
  /** Stays the same, e.g. as the key in a list; the server knows the track by `id`. */
  readonly key: string;
  readonly peerId: string;
  readonly kind: types.MediaKind;
  readonly source: TrackSource;
  /** The `appData` that it was published with. */
  readonly appData: Readonly<Record<string, unknown>>;
  /** For the client: the consumers through which it comes. */
  readonly receptions: Receptions;
  readonly #wishes: Wishes;
  #ended = false;
  readonly #attachments: Attachments;
  readonly #layerChoice: LayerChoice;
  readonly #outOfBandwidth = new OutOfBandwidth({
    sent: () => this.type !== 'simple' && !this.muted && !this.paused && this.score.sender > 0,
    arrives: () => this.layers !== null,
    connected: () => this.#now.media.transport('recv')?.connectionState === 'connected',
    changed: () => this.emit('changed', this),
  });

  constructor(reception: Reception, { playback, watching }: TrackHost) {
    super();
    const { info } = reception;
    this.receptions = new Receptions(reception);
    this.#wishes = new Wishes(this.receptions, () => {
      this.#outOfBandwidth.look();
      this.emit('changed', this);
    });
    this.#layerChoice = new LayerChoice(this, this.#wishes, () => watching.leaves(this));
    this.#attachments = new Attachments({
      playback,
      changed: () => this.emit('changed', this),
      watchSize: (element) => this.watchSize(element),
    });
    this.key = info.id;
    this.peerId = info.peerId;
    this.kind = info.kind;
    this.appData = info.appData;
    this.source = sourceOf(info.kind, info.appData);
    this.#outOfBandwidth.look();
  }

  /** The server's id of the consumer. Another one after a move. */
  get id(): string {
    return this.#now.id;
  }

  /** The server's id of what is received. Another one when its sender has moved. */
  get producerId(): string {
    return this.#now.producerId;
  }

  /** mediasoup-client's own object, for what this library does not offer. Another one after a move. */
  get consumer(): types.Consumer {
    return this.#now.consumer;
  }

  /** Whether it comes in one quality or in layers to choose from. */
  get type(): ConsumerInfo['type'] {
    return this.#now.info.type;
  }

  /** How many layers there are to choose from. */
  get layerCounts(): LayerCounts {
    return countLayers(this.#now.info.rtpParameters.encodings?.[0]?.scalabilityMode);
  }

  /** The browser's track, for a MediaStream or the Web Audio API. Another one after the event `replaced`. */
  get mediaTrack(): MediaStreamTrack {
    return this.consumer.track;
  }

  /** The sender has paused it. */
  get muted(): boolean {
    return this.#now.muted;
  }

  /** Not received at the moment: the application paused it, or it is not visible. */
  get paused(): boolean {
    return this.#wishes.paused;
  }

  /** The layers that arrive; null before the first, and when none fits the bandwidth. */
  get layers(): Layers | null {
    return this.#now.layers;
  }

  /**
   * The server sends nothing of it, since our bandwidth takes not even its smallest layer: show a paused picture, not the
   * last one as if it were live. The server goes on trying, and it comes back by itself. Sound is not affected.
   */
  get outOfBandwidth(): boolean {
    return this.#outOfBandwidth.active;
  }

  /** The layers that the server was asked for, by `setPreferredLayers` or for the size of an element. */
  get wantedLayers(): Layers | undefined {
    return this.#wishes.layers;
  }

  /** The layers chosen by `setPreferredLayers`; undefined while they are chosen by size. */
  get chosenLayers(): Layers | undefined {
    return this.#layerChoice.chosen ? this.wantedLayers : undefined;
  }

  /**
   * How well it arrives: from the server here, and from the sender at the server. 0 (bad) to 10. The sender's is that of
   * its best layer: the server's `producerScore` is that of the layer it forwards, so 0 when none fits our bandwidth.
   */
  get score(): { readonly own: number; readonly sender: number } {
    const { score, producerScore, producerScores } = this.#now.score;
    return { own: score, sender: Math.max(producerScore, ...producerScores) };
  }

  /** How many sizes smaller it arrives than it is wanted and sent. Without any picture one more than with the smallest. */
  get missedLayers(): number {
    if (this.type === 'simple' || this.muted || this.paused) return 0;
    return missedLayers({
      wanted: this.wantedLayers?.spatialLayer ?? this.layerCounts.spatial - 1,
      arriving: this.layers?.spatialLayer,
      scores: this.#now.score.producerScores,
    });
  }

  /** An element that it is attached to does not play, since nobody has clicked on the page yet: see `startPlayback`. */
  get blocked(): boolean {
    return this.#attachments.blocked;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Plays it in an element. A video is paused while the element is out of view, and otherwise received in the smallest
   * layer that fills the element. https://mediasoup.org/documentation/v3/mediasoup/api/#consumer-setPreferredLayers
   * When the track ends, the element keeps its last picture.
   * @returns a function that detaches it
   */
  attach(element: HTMLMediaElement): () => void {
    return this.#attachments.add(element, this.mediaTrack);
  }

  /** Like attach, for an element that already plays it. */
  watchSize(element: HTMLMediaElement): () => void {
    return element instanceof HTMLVideoElement ? this.#layerChoice.watch(element) : () => {};
  }

  /** Pauses receiving; it then uses no bandwidth. */
  async pause(): Promise<void> {
    if (!this.#ended) await this.#wishes.pause('application');
  }

  async resume(): Promise<void> {
    if (!this.#ended) await this.#wishes.resume('application');
  }

  /** Sets the highest layers to receive; lower ones are sent at low bandwidth. Turns the choice by size off. */
  async setPreferredLayers(layers: Layers): Promise<void> {
    await this.#layerChoice.choose(layers);
  }

  /** Chooses the layers by the size of the elements again, which is the default. */
  async setAutomaticLayers(): Promise<void> {
    await this.#layerChoice.automatic();
  }

  /**
   * Priority when bandwidth is scarce: 1 (lowest) to 255, in place of what the client sets by itself: 200 for a shared
   * screen, 100 for the camera of who speaks, 1 for others. Sound is always sent.
   */
  async setPriority(priority: number): Promise<void> {
    await this.#wishes.prioritise(priority);
  }

  /** For the client: the priority, unless it is that already or the application has chosen one. */
  async suggestPriority(priority: number): Promise<void> {
    if (!this.#ended) await this.#wishes.suggestPriority(priority);
  }

  /** Requests a key frame from the sender. */
  async requestKeyFrame(): Promise<void> {
    await this.#now.media.request('requestConsumerKeyFrame', { consumerId: this.id });
  }

  /** The browser's statistics of it (https://w3c.github.io/webrtc-stats/). */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.consumer.closed ? undefined : await this.consumer.getStats();
  }

  /** Stops receiving it for good; `subscribe` receives it again. */
  async close(): Promise<void> {
    this.end('closed');
    await this.receptions.ask((reception) => reception.close());
  }

  /** For the client: handles what the server says of that consumer. */
  update(consumerId: string, news: ReceptionNews): void {
    const reception = this.receptions.find(consumerId);
    reception?.take(news);
    if (reception !== this.#now) return;
    this.#outOfBandwidth.look();
    if (news.layers !== undefined) this.#layerChoice.update();
    this.emit('changed', this);
  }

  /** For the client: another consumer of it was being made, and is, or has failed. */
  arrived(): void {
    this.#endIf(this.receptions.arrived());
  }

  /**
   * For the client: it comes through another consumer, too, to which it can go over. From now on that is asked for all that
   * this one is.
   */
  prepare(reception: Reception): void {
    this.receptions.add(reception);
    this.#wishes.tell(reception);
  }

  /**
   * For the client: goes over to a consumer that was prepared, as soon as the browser has something to show of it. The former
   * one is closed afterwards.
   * @returns the longest time between two pictures, in milliseconds, where that can be measured
   */
  async goOver(reception: Reception): Promise<number | undefined> {
    const changed = this.#attachments.expect(reception.consumer.track);
    const isOver = () => this.#ended || !this.receptions.isComing(reception);
    await untilRendered(reception.consumer, () => isOver() || this.paused || reception.muted);
    if (!isOver() && !this.receptions.hasLeft(reception.producerId)) this.#show(reception);
    return await changed();
  }

  /** For the client: a consumer of it ended for that reason. */
  lose(consumerId: string, reason: string): void {
    const reception = this.receptions.find(consumerId);
    if (!reception) return;
    this.#endIf(this.receptions.lose(reception, reason));
    if (reception !== this.#now) reception.consumer.close();
  }

  /** For the client: it ended for that reason. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#layerChoice.stop();
    this.#outOfBandwidth.stop();
    this.#attachments.pause();
    for (const { consumer } of this.receptions.all) consumer.close();
    this.emit('ended', { track: this, reason });
  }

  /** What it comes through at the moment. */
  get #now(): Reception {
    return this.receptions.current;
  }

  #endIf(reason: string | undefined): void {
    if (reason !== undefined) this.end(reason);
  }

  #show(reception: Reception): void {
    const former = this.mediaTrack;
    const unused = this.receptions.show(reception);
    this.#attachments.change(former, reception.consumer.track);
    this.#outOfBandwidth.look();
    this.#layerChoice.update();
    this.emit('replaced', { track: this, former });
    this.emit('changed', this);
    for (const each of unused) each.discard(reception.media);
  }
}
