import type { types } from 'mediasoup-client';
import { Events } from './events.ts';
import { countLayers, type LayerCounts, type Layers, missedLayers, type Size } from './layers.ts';
import type { Media } from './media.ts';
import { OutOfBandwidth } from './out-of-bandwidth.ts';
import type { Playback } from './playback.ts';
import type { ConsumerInfo } from './protocol.ts';
import { sourceOf, type TrackSource } from './sources.ts';
import { type SizeDriven, VisibleSize } from './visible-size.ts';

export interface RemoteTrackEvents {
  /** Muted or not, blocked or not, out of bandwidth or not, other layers, another score. */
  changed: RemoteTrack;
  ended: { readonly track: RemoteTrack; readonly reason: string };
}

type Pauser = 'application' | 'size';

/** Assumed size of the best layer, until one has arrived. */
const usualSize: Record<'camera' | 'screen', Size> = {
  camera: { width: 1280, height: 720 },
  screen: { width: 1920, height: 1080 },
};

/** A track of another peer. */
export class RemoteTrack extends Events<RemoteTrackEvents> {
  readonly id: string;
  readonly producerId: string;
  readonly peerId: string;
  readonly kind: types.MediaKind;
  readonly source: TrackSource;
  /** The `appData` that it was published with. */
  readonly appData: Readonly<Record<string, unknown>>;
  /** Whether it comes in one quality or in layers to choose from. */
  readonly type: ConsumerInfo['type'];
  /** How many layers there are to choose from. */
  readonly layerCounts: LayerCounts;
  #muted: boolean;
  readonly #pausedBy = new Set<Pauser>();
  #layers: Layers | null = null;
  /** The last request to the server. */
  #wanted: Layers | undefined;
  #chosen = false;
  #priority = 1;
  #priorityChosen = false;
  #score: ConsumerInfo['consumerScore'];
  #ended = false;
  readonly #elements = new Set<HTMLMediaElement>();
  readonly #blocked = new Set<HTMLMediaElement>();
  readonly #visibleSize = new VisibleSize(this.#sizeDriven());
  readonly #outOfBandwidth = new OutOfBandwidth({
    sent: () => this.type !== 'simple' && !this.#muted && !this.paused && this.score.sender > 0,
    arrives: () => this.#layers !== null,
    connected: () => this.media.transport('recv')?.connectionState === 'connected',
    changed: () => this.emit('changed', this),
  });

  constructor(
    info: ConsumerInfo,
    /** mediasoup-client's own object, for what this library does not offer. */
    readonly consumer: types.Consumer,
    private readonly media: Media,
    private readonly playback: Playback,
  ) {
    super();
    this.id = info.id;
    this.producerId = info.producerId;
    this.peerId = info.peerId;
    this.kind = info.kind;
    this.appData = info.appData;
    this.source = sourceOf(info.kind, info.appData);
    this.type = info.type;
    this.layerCounts = countLayers(info.rtpParameters.encodings?.[0]?.scalabilityMode);
    this.#muted = info.producerPaused;
    this.#score = info.consumerScore;
    this.#outOfBandwidth.look();
  }

  /** The browser's track, for a MediaStream or the Web Audio API. */
  get mediaTrack(): MediaStreamTrack {
    return this.consumer.track;
  }

  /** The sender has paused it. */
  get muted(): boolean {
    return this.#muted;
  }

  /** Not received at the moment: the application paused it, or it is not visible. */
  get paused(): boolean {
    return this.#pausedBy.size > 0;
  }

  /** The layers that arrive; null before the first, and when none fits the bandwidth. */
  get layers(): Layers | null {
    return this.#layers;
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
    return this.#wanted;
  }

  /** The layers chosen by `setPreferredLayers`; undefined while they are chosen by size. */
  get chosenLayers(): Layers | undefined {
    return this.#chosen ? this.#wanted : undefined;
  }

  /**
   * How well it arrives: from the server here, and from the sender at the server. 0 (bad) to 10. The sender's is that of
   * its best layer: the server's `producerScore` is that of the layer it forwards, so 0 when none fits our bandwidth.
   */
  get score(): { readonly own: number; readonly sender: number } {
    const { score, producerScore, producerScores } = this.#score;
    return { own: score, sender: Math.max(producerScore, ...producerScores) };
  }

  /** How many sizes smaller it arrives than it is wanted and sent. Without any picture one more than with the smallest. */
  get missedLayers(): number {
    if (this.type === 'simple' || this.#muted || this.paused) return 0;
    const { spatial } = this.layerCounts;
    return missedLayers({
      wanted: this.#wanted?.spatialLayer ?? spatial - 1,
      arriving: this.#layers?.spatialLayer,
      scores: this.#score.producerScores,
    });
  }

  /** An element that it is attached to does not play, since nobody has clicked on the page yet: see `startPlayback`. */
  get blocked(): boolean {
    return this.#blocked.size > 0;
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
    element.srcObject = new MediaStream([this.mediaTrack]);
    element.autoplay = true;
    // Without it phones play videos in the whole screen.
    if (element instanceof HTMLVideoElement) element.playsInline = true;
    const stop = this.playback.play(element, (blocked) => this.#setBlocked(element, blocked));
    const unwatch = this.watchSize(element);
    this.#elements.add(element);
    return () => {
      stop();
      unwatch();
      this.#elements.delete(element);
      element.srcObject = null;
    };
  }

  /** Like attach, for an element that already plays it. */
  watchSize(element: HTMLMediaElement): () => void {
    return element instanceof HTMLVideoElement ? this.#visibleSize.watch(element) : () => {};
  }

  /** Pauses receiving; it then uses no bandwidth. */
  async pause(): Promise<void> {
    await this.#pause('application');
  }

  async resume(): Promise<void> {
    await this.#resume('application');
  }

  /** Sets the highest layers to receive; lower ones are sent at low bandwidth. Turns the choice by size off. */
  async setPreferredLayers(layers: Layers): Promise<void> {
    this.#chosen = true;
    await this.#want(layers);
  }

  /** Chooses the layers by the size of the elements again, which is the default. */
  async setAutomaticLayers(): Promise<void> {
    this.#chosen = false;
    const { spatial, temporal } = this.layerCounts;
    await this.#want({ spatialLayer: spatial - 1, temporalLayer: temporal - 1 });
    this.#visibleSize.update();
  }

  /**
   * Priority when bandwidth is scarce: 1 (lowest) to 255, in place of what the client sets by itself: 200 for a shared
   * screen, 100 for the camera of who speaks, 1 for others. Sound is always sent.
   */
  async setPriority(priority: number): Promise<void> {
    this.#priorityChosen = true;
    this.#priority = priority;
    await this.media.request('setConsumerPriority', { consumerId: this.id, priority });
  }

  /** For the client: the priority, unless it is that already or the application has chosen one. */
  async suggestPriority(priority: number): Promise<void> {
    if (this.#priorityChosen || this.#ended || this.#priority === priority) return;
    this.#priority = priority;
    await this.media.request('setConsumerPriority', { consumerId: this.id, priority });
  }

  /** Requests a key frame from the sender. */
  async requestKeyFrame(): Promise<void> {
    await this.media.request('requestConsumerKeyFrame', { consumerId: this.id });
  }

  /** The browser's statistics of it (https://w3c.github.io/webrtc-stats/). */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.consumer.closed ? undefined : await this.consumer.getStats();
  }

  /** Stops receiving it for good; `subscribe` receives it again. */
  async close(): Promise<void> {
    this.end('closed');
    await this.media.request('closeConsumer', { consumerId: this.id });
  }

  /** For the client: handles a notification about it. */
  update(news: { muted?: boolean; layers?: Layers | null; score?: ConsumerInfo['consumerScore'] }): void {
    if (news.muted !== undefined) this.#muted = news.muted;
    if (news.layers !== undefined) this.#layers = news.layers;
    if (news.score !== undefined) this.#score = news.score;
    this.#outOfBandwidth.look();
    if (news.layers !== undefined) this.#visibleSize.update();
    this.emit('changed', this);
  }

  /** For the client: it ended for that reason. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#visibleSize.stop();
    this.#outOfBandwidth.stop();
    // A paused element keeps the last picture; a playing one would turn black.
    for (const element of this.#elements) element.pause();
    this.consumer.close();
    this.emit('ended', { track: this, reason });
  }

  #setBlocked(element: HTMLMediaElement, blocked: boolean): void {
    if (blocked) this.#blocked.add(element);
    else this.#blocked.delete(element);
    this.emit('changed', this);
  }

  #sizeDriven(): SizeDriven {
    return {
      guessSize: () => usualSize[this.source === 'screen' ? 'screen' : 'camera'],
      layerCount: () => this.layerCounts.spatial,
      arrivingLayer: () => this.#layers?.spatialLayer,
      hide: () => this.#pause('size'),
      show: (spatialLayer) => this.#show(spatialLayer),
    };
  }

  async #show(spatialLayer: number): Promise<void> {
    const resuming = this.#resume('size');
    const changes = !this.#chosen && this.#wanted?.spatialLayer !== spatialLayer;
    if (changes && this.layerCounts.spatial > 1) {
      await this.#want({ spatialLayer, temporalLayer: this.layerCounts.temporal - 1 });
    }
    await resuming;
  }

  async #want(layers: Layers): Promise<void> {
    this.#wanted = layers;
    await this.media.request('setConsumerPreferredLayers', { consumerId: this.id, ...layers });
  }

  async #pause(by: Pauser): Promise<void> {
    const was = this.paused;
    this.#pausedBy.add(by);
    if (was || this.#ended) return;
    this.consumer.pause();
    this.#outOfBandwidth.look();
    this.emit('changed', this);
    await this.media.request('pauseConsumer', { consumerId: this.id });
  }

  async #resume(by: Pauser): Promise<void> {
    if (!this.#pausedBy.delete(by) || this.paused || this.#ended) return;
    this.consumer.resume();
    this.#outOfBandwidth.look();
    this.emit('changed', this);
    await this.media.request('resumeConsumer', { consumerId: this.id });
  }
}
