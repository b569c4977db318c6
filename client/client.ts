import { Call } from './call.ts';
import type { CallState } from './call-types.ts';
import type { Channel, ChannelOptions } from './channels.ts';
import { ClientHost } from './client-host.ts';
import { callOptions, type TureenClientOptions } from './client-options.ts';
import type { DeviceKind } from './devices.ts';
import { ClientError } from './errors.ts';
import { Meter } from './meter.ts';
import { OwnMedia, type ScreenShare } from './own-media.ts';
import { Participant } from './participant.ts';
import type { AttributeChanges, MethodName, MethodParams, MethodResult, Permissions } from './protocol.ts';
import { Publication, type PublicationOptions } from './publication.ts';
import type { Quality } from './quality.ts';
import type { Attributes, RemotePeer } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { Turnout } from './roster-changes.ts';
import type { ServerChoice, Servers } from './servers.ts';
import { requireKind, type TrackSource } from './sources.ts';
import type { Direction } from './transports.ts';

/** The label of the data channel that clients use for chat. */
const chatLabel = 'chat';

/**
 * A participant of one room, for one call: create another client for the next. It joins, publishes and receives, and
 * recovers by itself from lost networks, restarted servers and dead media workers.
 */
export class TureenClient extends Participant {
  readonly roomId: string;
  readonly peerId: string;
  readonly #call: Call;
  readonly #servers: Servers;
  readonly #host: ClientHost;
  readonly #ownMedia: OwnMedia;
  readonly #defaults: TureenClientOptions['defaults'];

  constructor(options: TureenClientOptions) {
    super();
    const complete = callOptions(options);
    this.roomId = complete.roomId;
    this.peerId = complete.peerId;
    this.#defaults = options.defaults;
    this.#host = new ClientHost({
      emit: this.emit.bind(this),
      ...{ peers: () => this.peers, peerId: this.peerId },
      ...{ videoLimit: complete.videoLimit, displayName: options.displayName ?? '' },
      attributes: options.attributes ?? {},
      request: (method, data) => this.request(method, data),
      transportStats: (direction) => this.getTransportStats(direction),
      broken: () => this.#call.media?.broken ?? false,
    });
    this.#servers = complete.servers;
    this.#call = new Call(complete, this.#host);
    this.#ownMedia = new OwnMedia({
      requireNotOver: () => this.#requireNotOver(),
      publication: (source) => this.publication(source),
      publish: (track, source, own) => this.publish(track, source, own),
    });
  }

  get state(): CallState {
    return this.#call.state;
  }

  /** The server that is used, and why it and not another of its mesh. */
  get server(): ServerChoice {
    return this.#servers.current;
  }

  get displayName(): string {
    return this.#host.displayName;
  }

  /** What we say of ourselves beside our name, and moderators of us. */
  get attributes(): Attributes {
    return this.#host.attributes;
  }

  /** The others, by their id. */
  get peers(): ReadonlyMap<string, RemotePeer> {
    return this.#call.roster.peers;
  }

  /** How many are in the call, and how many of them are the audience, who are not among `peers`. */
  get turnout(): Turnout {
    return this.#host.turnout;
  }

  /** What this side sends. */
  get publications(): ReadonlySet<Publication> {
    return this.#call.sending.publications;
  }

  /** What the token and the moderators let us do; up to date once we have joined. */
  get permissions(): Permissions {
    return this.#host.permissions;
  }

  /** Whether a moderator locked the room. */
  get locked(): boolean {
    return this.#host.locked;
  }

  /** Whether our hand is raised. */
  get handRaised(): boolean {
    return this.#host.hand.raised;
  }

  /** Whether we are heard at the moment. */
  get speaking(): boolean {
    return this.#host.speaking.has(this.peerId);
  }

  /** Connects and joins. @throws ClientError with the reason; then create another client */
  async join(): Promise<void> {
    await this.#call.start();
  }

  /** Leaves the call and ends everything that is published. */
  async leave(): Promise<void> {
    await this.#call.leave();
  }

  /** Our publication of that source, if there is one. */
  publication(source: TrackSource): Publication | undefined {
    return [...this.publications].find((publication) => publication.source === source);
  }

  /** Publishes a track of yours. @throws ClientError when the server or the browser refuses it */
  async publish(
    track: MediaStreamTrack,
    source: TrackSource,
    options: PublicationOptions = {},
  ): Promise<Publication> {
    requireKind(source, track);
    const complete = { stopTrack: false, ...this.#defaults?.[source], ...options };
    const publication = new Publication(source, track, complete);
    // `sending` listens first, so that `publications` is up to date when an event is emitted.
    const adding = this.#call.sending.add(publication);
    publication.on('ended', (end) => this.#host.publicationEnded(end));
    publication.on('changed', () => this.#host.publicationChanged(publication));
    await adding;
    return publication;
  }

  /**
   * Opens a camera and publishes it. While one is published, or about to be, that is the result.
   * @throws ClientError, e.g. permission_denied
   */
  async publishCamera(
    constraints: MediaTrackConstraints = {},
    options: PublicationOptions = {},
  ): Promise<Publication> {
    return await this.#ownMedia.publishDevice('camera', constraints, options);
  }

  /**
   * Opens a microphone and publishes it. While one is published, or about to be, that is the result.
   * @throws ClientError, e.g. permission_denied
   */
  async publishMicrophone(
    constraints: MediaTrackConstraints = {},
    options: PublicationOptions = {},
  ): Promise<Publication> {
    return await this.#ownMedia.publishDevice('microphone', constraints, options);
  }

  /** Asks the user what to share, and publishes its video, and its audio if the browser provides it. */
  async publishScreen(
    constraints: MediaTrackConstraints = {},
    options: PublicationOptions = {},
  ): Promise<ScreenShare> {
    return await this.#ownMedia.publishScreen(constraints, options);
  }

  /**
   * Uses that camera, microphone or speaker (`listDevices`) from now on, also for what is published or attached later.
   * @throws ClientError, e.g. device_missing; then the one that is in use stays
   */
  async switchDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    if (kind === 'speaker') await this.#host.playback.setSpeaker(deviceId);
    else await this.#ownMedia.choose(kind, deviceId);
  }

  /** Whether the browser plays what is attached. Browsers play sound only on pages on which somebody has clicked. */
  get canPlay(): boolean {
    return this.#host.playback.canPlay;
  }

  /** Plays what the browser has not played. Call it in the handler of a click. @throws ClientError permission_denied */
  async startPlayback(): Promise<void> {
    await this.#host.playback.start();
  }

  /**
   * Binds an element to the camera or the screen of a peer, published or not. Where more videos are published than `videoLimit`,
   * it is received while such an element is in view: `trackAdded`, and `trackRemoved` with the reason `out_of_view`. A video
   * element plays it; another one may contain what does. @returns a function that ends it
   */
  view(peer: RemotePeer, source: 'camera' | 'screen', element: Element): () => void {
    return this.#host.watching.views.bind({ peerId: peer.id, source }, element, peer.track(source));
  }

  /** Receives a publication, after `publicationAdded`. Only with `autoSubscribe: false`. */
  async subscribe(producerId: string): Promise<RemoteTrack> {
    return await this.#call.subscribe(producerId);
  }

  /** A data channel to everyone in the room; they get `data` events with its label. */
  async openChannel(label: string, options: ChannelOptions = {}): Promise<Channel> {
    const { channel, opening } = this.#call.sending.channel(label, options);
    await opening;
    return channel;
  }

  /**
   * Writes to everyone in the room; they get a `chat` event. Resolves when the server has passed it on to all of them.
   * @throws ClientError when it was not delivered, or may not have been; then it can be sent again
   */
  async sendChat(text: string): Promise<void> {
    const { channel, opening } = this.#call.sending.channel(chatLabel);
    // Written before the channel is open, so that several messages stay in their order. A refusal ends the channel.
    await Promise.all([opening, channel.deliver(text)]);
  }

  /** Reads a page of the audience, after the `next` of the page before; `query` is a part of a name or an id. */
  async listAudience(page: MethodParams<'listPeers'> = {}): Promise<MethodResult<'listPeers'>> {
    return await this.request('listPeers', page);
  }

  /** Changes the name that others see. @throws ClientError forbidden when the token sets the name */
  async setDisplayName(displayName: string): Promise<void> {
    this.#requireNotOver();
    await this.#call.media?.request('changeDisplayName', { displayName });
    this.#host.displayName = displayName;
  }

  /**
   * Changes what we say of ourselves: texts that everyone in the room is told. Null removes one, and those that are not
   * named stay. They are kept through a reconnect.
   * @throws ClientError limit_reached over 64 attributes or 4096 bytes, flood over four changes a second
   */
  async setAttributes(changes: AttributeChanges): Promise<void> {
    this.#requireNotOver();
    await this.#host.changeAttributes(changes, this.#call.media);
  }

  /** Raises our hand, for which we need not publish. It is raised again after a reconnect. */
  async raiseHand(): Promise<void> {
    await this.#host.hand.raise();
  }

  async lowerHand(): Promise<void> {
    await this.#host.hand.lower();
  }

  /** Connection quality of a peer; your own without an id. */
  quality(peerId: string = this.peerId): Quality {
    return this.#host.quality.of(peerId);
  }

  /** Reads the browser's statistics. Keep the object: rates are measured between two of its readings. */
  meter(): Meter {
    return new Meter({
      ownPeerId: this.peerId,
      publications: () => this.publications,
      peers: () => this.peers.values(),
      transportStats: (direction) => this.getTransportStats(direction),
    });
  }

  /** The browser's statistics of a transport (https://w3c.github.io/webrtc-stats/). */
  async getTransportStats(direction: Direction): Promise<RTCStatsReport | undefined> {
    return await this.#call.media?.transportStats(direction);
  }

  /** Restarts ICE on both transports. This happens by itself when the network changes. */
  async restartIce(): Promise<void> {
    await this.#call.requireMedia().restartIce();
  }

  /** Skips the delay before the next attempt to reconnect, as the browser's `online` event does. */
  reconnectNow(): void {
    this.#call.lifeline.retryNow();
  }

  /** @throws ClientError not_joined */
  #requireNotOver(): void {
    if (this.state !== 'ended') return;
    throw new ClientError('not_joined', 'the call is over; make another client for another call');
  }

  protected override request<N extends MethodName>(
    method: N,
    data: MethodParams<N>,
  ): Promise<MethodResult<N>> {
    return this.#call.request(method, data);
  }
}
