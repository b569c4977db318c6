import type { types } from 'mediasoup-client';
import { ClientError, isMomentary } from './errors.ts';
import { Events } from './events.ts';
import type { Media } from './media.ts';
import { Production } from './production.ts';
import type { PublicationOptions } from './publication-options.ts';
import type { TrackSource } from './sources.ts';

export type { PublicationOptions };

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
  /** How it is sent; undefined while there is no connection. */
  #production: Production | undefined;
  /** While we move: how it is sent over the other connection. */
  #beside: Production | undefined;
  #paused: boolean;
  #held = false;
  #ended = false;
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
    return this.producer?.id;
  }

  /** mediasoup-client's own object, for what this library does not offer. Another one after each rejoin and move. */
  get producer(): types.Producer | undefined {
    return this.#production?.producer;
  }

  /** Stops sending; others see that it is paused. `release` also closes the device, so that its light goes out. */
  async pause({ release = false }: { release?: boolean } = {}): Promise<void> {
    this.#wishes += 1;
    this.#setPaused(true);
    if (release && this.options.reopen) this.mediaTrack.stop();
    await this.#ask((production) => production.pause());
  }

  /** Sends again. @throws ClientError forbidden while a moderator holds it, or why the device cannot be opened */
  async resume(): Promise<void> {
    // One that is not produced is judged by the server, which may be another one now.
    if (this.#held && !this.#production?.idle) {
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
    await this.#ask((production) => production.resume());
    if (wish !== this.#wishes || this.#ended) return;
    this.#setPaused(false);
    // It was not produced while its device was closed.
    if (this.#production?.idle) await this.#start(this.#production);
    // What fails there is produced again when we have moved.
    if (this.#beside?.idle) this.#start(this.#beside).catch(() => {});
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
    await Promise.all(this.#productions.map((production) => production.replaceTrack(track)));
    if (old !== track) {
      this.#release(old);
      this.#follow(track);
    }
    this.emit('changed', this);
  }

  /** What this side measures of it (https://w3c.github.io/webrtc-stats/). */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.producer?.closed === false ? await this.producer.getStats() : undefined;
  }

  /** Ends it, also for the receivers. */
  async close(): Promise<void> {
    await this.#close('ended');
  }

  /** For the client: whether that producer carries it. */
  isSentAs(producerId: string): boolean {
    return this.#productions.some(({ producer }) => producer?.id === producerId);
  }

  /** For the client: produces the track over a new connection. */
  async attach(media: Media): Promise<void> {
    if (this.#ended) return;
    this.detach();
    this.#production = this.#productionOver(media);
    await this.#start(this.#production);
  }

  /** For the client: the connection that carried it is gone, it waits for the next. */
  detach(): void {
    for (const production of this.#productions) production.detach();
    this.#production = undefined;
    this.#beside = undefined;
  }

  /** For the client: produces the track over the connection to which we move, too. @throws ClientError when it is refused */
  async prepare(media: Media): Promise<void> {
    const former = this.#production;
    if (this.#ended || !former) return;
    const beside = this.#productionOver(media, former);
    this.#beside = beside;
    await former.settled;
    // Its device may be closed; then it is produced when that is opened.
    if (former.producer && this.#beside === beside) await this.#start(beside);
  }

  /**
   * For the client: we have moved, and the former connection still carries it; or we have not.
   * @returns whether the present one carries it, or will
   */
  goOn({ moved }: { readonly moved: boolean }): boolean {
    if (!moved) {
      this.detachBeside();
      return this.#production !== undefined;
    }
    if (!this.#beside) return false;
    [this.#production, this.#beside] = [this.#beside, this.#production];
    this.#production.sendAll();
    return !this.#production.idle || this.released;
  }

  /** For the client: the other of two connections is gone, or is about to be closed. */
  detachBeside(): void {
    this.#beside?.detach();
    this.#beside = undefined;
  }

  /** For the client: a moderator muted that producer, or allows it again. It stays muted until `resume`. */
  told(producerId: string, held: boolean): void {
    const told = this.#productions.map((production) => production.told(producerId, held));
    if (told.includes(true)) this.#hold(held);
  }

  /** For the client: it is over for that reason. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    // Whoever ends it tells the server that it is on; the other does not know.
    this.#beside?.end().catch(() => {});
    this.#production?.close();
    this.detach();
    this.#release(this.mediaTrack);
    this.emit('ended', { publication: this, reason });
  }

  get #productions(): readonly Production[] {
    return [this.#production, this.#beside].filter((production) => production !== undefined);
  }

  #productionOver(media: Media, replaces?: Production): Production {
    const onHeld = (held: boolean) => {
      if (held !== this.#held) this.#hold(held);
    };
    return new Production({ media, sent: this, onHeld, replaces });
  }

  async #start(production: Production): Promise<void> {
    if (this.released) return;
    await production.start();
    if (this.#productions.includes(production)) this.emit('changed', this);
  }

  /** Asks the server for something; while we move both. What one of them refuses is refused. */
  async #ask(ask: (production: Production) => Promise<void>): Promise<void> {
    const answers = await Promise.allSettled(this.#productions.map(ask));
    const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    const refusal = failed.find((error) => !isMomentary(error));
    if (refusal) throw refusal;
    if (failed.length > 0 && failed.length === answers.length) throw failed[0];
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
    for (const production of this.#productions) production.showPaused(paused);
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
    const production = this.#production;
    this.end(reason);
    await production?.end();
  }

  #release(track: MediaStreamTrack): void {
    if (this.options.stopTrack ?? true) track.stop();
  }
}
