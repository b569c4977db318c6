import type { types } from 'mediasoup-client';
import { type EncodingOptions, producerOptions, setDegradation } from './encodings.ts';
import { ClientError } from './errors.ts';
import { Events } from './events.ts';
import type { Media } from './media.ts';
import { appDataOf, type TrackSource } from './sources.ts';

export interface PublicationOptions extends EncodingOptions {
  /** Start muted. */
  readonly paused?: boolean;
  /** Stop the track when the publication ends. Default true for tracks that the client opened itself. */
  readonly stopTrack?: boolean;
  /**
   * Opens the device again after `pause({ release: true })`, or another one (`setDevice`). Given for tracks that the client
   * opened itself.
   */
  readonly reopen?: (deviceId?: string) => Promise<MediaStreamTrack>;
  /** Data of the application for the receivers, in addition to the client's own. */
  readonly appData?: Readonly<Record<string, unknown>>;
}

export interface PublicationEvents {
  /** Muted or not, held by a moderator or not, another track. */
  changed: Publication;
  /**
   * It ended: `ended` by the application, `unplugged` when the device was removed, `ended_by_user` when the browser's own bar
   * ended a screen, or a reason from the server.
   */
  ended: { readonly publication: Publication; readonly reason: string };
}

/** A track that is sent. After a rejoin or a reconnect it is produced again, in the same state (muted or not). */
export class Publication extends Events<PublicationEvents> {
  #media: Media | undefined;
  #producer: types.Producer | undefined;
  #paused: boolean;
  #held = false;
  #ended = false;
  /** The attempt to produce it that is pending. */
  #producing: object | undefined;
  /** The server mutes what it makes muted before it answers with the id. */
  readonly #early = new Map<string, boolean>();
  /** Incremented by every wish to pause or resume: what a wish still waits for must not override a newer one. */
  #wishes = 0;
  /** The device that is opened again; undefined for the first choice of the browser. */
  #deviceId: string | undefined;

  constructor(
    readonly source: TrackSource,
    private mediaTrack: MediaStreamTrack,
    readonly options: PublicationOptions,
  ) {
    super();
    this.#paused = options.paused ?? false;
    mediaTrack.enabled = !this.#paused;
    this.#follow(mediaTrack);
  }

  /** The track that is sent now. */
  get track(): MediaStreamTrack {
    return this.mediaTrack;
  }

  /** Muted by this side, or by a moderator. */
  get paused(): boolean {
    return this.#paused;
  }

  /** A moderator muted it and has not allowed it again. */
  get held(): boolean {
    return this.#held;
  }

  /** The device is closed until `resume`: its light is off. */
  get released(): boolean {
    return this.mediaTrack.readyState === 'ended' && !this.#ended;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The server's id of it; undefined while there is no connection. */
  get producerId(): string | undefined {
    return this.#producer?.id;
  }

  /** mediasoup-client's own object, for what this library does not offer. Another one after each rejoin. */
  get producer(): types.Producer | undefined {
    return this.#producer;
  }

  /** Stops sending; others see that it is paused. `release` also closes the device, so that its light goes out. */
  async pause({ release = false }: { release?: boolean } = {}): Promise<void> {
    this.#wishes += 1;
    this.#setPaused(true);
    if (release && this.options.reopen) this.mediaTrack.stop();
    if (this.#producer) await this.#media?.request('pauseProducer', { producerId: this.#producer.id });
  }

  /** Sends again. @throws ClientError forbidden while a moderator holds it, or why the device cannot be opened */
  async resume(): Promise<void> {
    // One that is not produced is judged by the server, which may be another one now.
    if (this.#held && !this.#producible) {
      throw new ClientError('forbidden', 'a moderator muted this; wait until a moderator allows it again');
    }
    this.#wishes += 1;
    const wish = this.#wishes;
    if (this.released && this.options.reopen) {
      const opened = await this.#reopen(this.options.reopen);
      if (wish !== this.#wishes || this.#ended) return opened.stop();
      await this.replaceTrack(opened);
    }
    if (wish !== this.#wishes || this.#ended) return;
    if (this.#producer) await this.#media?.request('resumeProducer', { producerId: this.#producer.id });
    if (wish !== this.#wishes || this.#ended) return;
    this.#setPaused(false);
    // It was not produced while its device was closed.
    if (this.#media && this.#producible) await this.attach(this.#media);
  }

  /** The device that it was, or another one when that is gone. */
  async #reopen(reopen: NonNullable<PublicationOptions['reopen']>): Promise<MediaStreamTrack> {
    try {
      return await reopen(this.#deviceId);
    } catch (error) {
      const isGone = error instanceof ClientError && error.code === 'device_missing';
      if (!isGone || this.#deviceId === undefined) throw error;
      this.#deviceId = undefined;
      return await reopen();
    }
  }

  /**
   * Sends from another device of its kind (`listDevices`), to which it also comes back after `pause({ release: true })`.
   * @throws ClientError unsupported for a track of the application; device_missing, device_busy, ...
   */
  async setDevice(deviceId: string): Promise<void> {
    const { reopen } = this.options;
    if (!reopen) {
      const advice = 'open the device with openCamera or openMicrophone, and give its track to replaceTrack';
      throw new ClientError('unsupported', `this track was opened by the application; ${advice}`);
    }
    if (!this.released) {
      const opened = await reopen(deviceId);
      if (this.#ended || this.released) opened.stop();
      else await this.replaceTrack(opened);
    }
    this.#deviceId = deviceId;
  }

  /** There is a connection, and nothing is produced or about to be. */
  get #producible(): boolean {
    return this.#media !== undefined && !this.#producer && !this.#producing;
  }

  /** Sends another track in place of this one, e.g. of another camera; the receivers notice nothing. */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    if (track.kind !== this.mediaTrack.kind) {
      const kinds = `a ${track.kind} track cannot replace a ${this.mediaTrack.kind} track`;
      throw new ClientError('unsupported', `${kinds}; publish it as another source`);
    }
    const old = this.mediaTrack;
    this.mediaTrack = track;
    // Tracks outside of a browser have no settings.
    this.#deviceId = track.getSettings?.().deviceId;
    track.enabled = !this.#paused;
    await this.#producer?.replaceTrack({ track });
    if (old !== track) {
      this.#release(old);
      this.#follow(track);
    }
    this.emit('changed', this);
  }

  /** What this side measures of it (https://w3c.github.io/webrtc-stats/). */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#producer?.closed === false ? await this.#producer.getStats() : undefined;
  }

  /** Ends it, also for the receivers. */
  async close(): Promise<void> {
    await this.#close('ended');
  }

  /** For the client: produces the track over a new connection. */
  async attach(media: Media): Promise<void> {
    if (this.#ended) return;
    this.#media = media;
    if (this.released) return;
    const { source, options, mediaTrack: track } = this;
    const plan = producerOptions(source, track, options, media.device.sendRtpCapabilities);
    const appData = { ...options.appData, ...appDataOf(source) };
    const paused = this.#paused;
    const attempt = {};
    this.#producing = attempt;
    const producer = await media
      .produce({ ...plan, track, stopTracks: false, appData }, paused)
      .finally(() => {
        if (this.#producing === attempt) this.#producing = undefined;
      });
    if (this.#media !== media || this.#ended || producer.closed) return abandon(media, producer);
    this.#producer = producer;
    const held = this.#early.get(producer.id) ?? false;
    this.#early.clear();
    if (held !== this.#held) this.#hold(held);
    await setDegradation(producer.rtpSender, source, options.degradationPreference).catch(() => {});
    await this.#catchUp(producer, paused);
    this.emit('changed', this);
  }

  /** For the client: the connection that carried it is gone, it waits for the next. */
  detach(): void {
    this.#media = undefined;
    this.#producer = undefined;
  }

  /** For the client: a moderator muted that producer, or allows it again. It stays muted until `resume`. */
  told(producerId: string, held: boolean): void {
    if (producerId === this.producerId) this.#hold(held);
    else if (this.#producing) this.#early.set(producerId, held);
  }

  /** For the client: it is over for that reason. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#producer?.close();
    this.detach();
    this.#release(this.mediaTrack);
    this.emit('ended', { publication: this, reason });
  }

  /** What was changed while the server was asked to produce is changed now. */
  async #catchUp(producer: types.Producer, toldPaused: boolean): Promise<void> {
    const { id: producerId } = producer;
    if (this.#paused) producer.pause();
    if (this.#paused !== toldPaused) {
      await this.#media?.request(this.#paused ? 'pauseProducer' : 'resumeProducer', { producerId });
    }
    if (producer.track !== this.mediaTrack && !this.released) {
      await producer.replaceTrack({ track: this.mediaTrack });
    }
  }

  #hold(held: boolean): void {
    this.#held = held;
    if (held) this.#wishes += 1;
    if (held) this.#setPaused(true);
    else this.emit('changed', this);
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.mediaTrack.enabled = !paused;
    if (paused) this.#producer?.pause();
    else this.#producer?.resume();
    this.emit('changed', this);
  }

  #follow(track: MediaStreamTrack): void {
    track.addEventListener('ended', () => {
      // The end of a track that was replaced is of no interest.
      if (track !== this.mediaTrack) return;
      const isShared = this.source === 'screen' || this.source === 'screenAudio';
      this.#close(isShared ? 'ended_by_user' : 'unplugged').catch(() => {});
    });
  }

  async #close(reason: string): Promise<void> {
    const producerId = this.#producer?.id;
    const media = this.#media;
    this.end(reason);
    if (producerId) await media?.request('closeProducer', { producerId });
  }

  #release(track: MediaStreamTrack): void {
    if (this.options.stopTrack ?? true) track.stop();
  }
}

/** It ended, or its transport did, while the server was asked: the server must not keep a producer that nobody feeds. */
function abandon(media: Media, producer: types.Producer): void {
  producer.close();
  // If its transport has ended, the server has closed it already.
  media.request('closeProducer', { producerId: producer.id }).catch(() => {});
}
