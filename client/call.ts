import type { Device } from 'mediasoup-client';
import { wait } from './backoff.ts';
import { Builder } from './builder.ts';
import { type CallHost, type CallOptions, type CallState, joinParams, type Moved } from './call-types.ts';
import type { Connection } from './connection.ts';
import { Departure } from './departure.ts';
import { ClientError } from './errors.ts';
import { Gate } from './gate.ts';
import { Handover, type WholeCall } from './handover.ts';
import { Lifeline, type LifelineHost } from './lifeline.ts';
import { Media, requestOver } from './media.ts';
import { watchNetwork } from './network.ts';
import type { JoinResult, Notification, ProducerInfo, ServerRequest } from './protocol.ts';
import { Receiver } from './receiver.ts';
import type { Settle } from './relocation.ts';
import type { RemoteTrack } from './remote-track.ts';
import { Roster } from './roster.ts';
import { separately } from './roster-changes.ts';
import { Sending } from './sending.ts';
import { subscribe } from './subscribing.ts';

/** How long to wait for the server to know that we left. */
const leaveTimeoutMs = 1000;

/** Reasons of transport ends that we caused, or that another message handles. Nothing is done about them. */
const handledEnds = new Set(['rejoin', 'router_closed', 'peer_left']);

/** A call: the connection, and the media, which is rebuilt on it when it is lost. */
export class Call implements LifelineHost {
  readonly sending = new Sending();
  readonly roster: Roster;
  readonly lifeline: Lifeline;
  readonly request = requestOver(this.requireMedia.bind(this), () => this.#media);
  #state: CallState = 'new';
  #media: Media | undefined;
  #receiver: Receiver | undefined;
  /** Loaded with the codecs of the server; valid for one connection. */
  #device: Device | undefined;
  readonly #builder = new Builder((connection, requireCurrent) => this.#enter(connection, requireCurrent));
  readonly #handover: Handover;
  readonly #departure: Departure;
  /** Closed while a join is pending: notifications that arrive before its answer are handled after it. */
  readonly #gate = new Gate<Notification>((notification) => this.#dispatch(notification));
  #forgetNetwork: () => void = () => {};

  constructor(
    private readonly options: CallOptions,
    private readonly host: CallHost,
  ) {
    this.roster = new Roster(host);
    this.lifeline = new Lifeline(options, this);
    this.#departure = new Departure(this.lifeline);
    this.#handover = new Handover({
      ...{ call: options, host, sending: this.sending },
      notified: (connection, notification) => this.notified(connection, notification),
      refused: (transportId) => void this.#transportClosed(transportId, 'refused'),
    });
  }

  get state(): CallState {
    return this.#state;
  }

  get media(): Media | undefined {
    return this.#media;
  }

  /** @throws ClientError not_joined */
  requireMedia(): Media {
    if (this.#media) return this.#media;
    throw new ClientError('not_joined', 'you are not in the call at the moment; join, or wait for `joined`');
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') {
      throw new ClientError(
        'wrong_state',
        'this client has joined already; make another one for another call',
      );
    }
    this.#setState('connecting');
    this.#forgetNetwork = watchNetwork(() => this.#networkChanged());
    try {
      await this.lifeline.start();
    } catch (error) {
      this.ended(error as ClientError);
      throw error;
    }
  }

  /** Leaves. The server is notified, so that the others see it at once. */
  async leave(): Promise<void> {
    if (this.#state === 'ended') return;
    const { connection } = this.lifeline;
    const leaving = connection?.request('leaveCall', {}, { urgent: true }).catch(() => {});
    this.#finish(new ClientError('left', 'you left the call'));
    // While the socket is cut there is no answer, however late.
    await Promise.race([leaving, wait(leaveTimeoutMs)]);
    this.lifeline.stop();
  }

  /** Starts to receive a publication. */
  async subscribe(producerId: string): Promise<RemoteTrack> {
    const [media, receiver] = [this.requireMedia(), this.#receiver];
    return await subscribe(producerId, { media, receiver, isCurrent: () => media === this.#media });
  }

  async connected(connection: Connection): Promise<void> {
    this.#device = undefined;
    await this.#build(connection);
  }

  async move(connection: Connection, committing: () => void): Promise<Settle> {
    const former = { connection: this.lifeline.connection, media: this.#media, receiver: this.#receiver };
    if (this.#state !== 'joined') throw new ClientError('wrong_state', 'a call can move when it has joined');
    const settle = await this.#handover.begin(connection, former, {
      committing,
      takeOver: ({ media, receiver }, now) => this.#takeOver(media, receiver, now),
    });
    for (const { publications } of this.roster.peers.values())
      for (const publication of publications.values()) this.#follow(publication);
    return settle;
  }

  #takeOver(media: Media, receiver: Receiver, now: WholeCall): void {
    this.#departure.stop();
    this.#media = media;
    this.#device = media.device;
    this.#receiver = receiver;
    this.roster.moved(now.peers);
    this.host.watching.moved(receiver);
    this.host.entered(now);
    // The former connection may be cut.
    if (this.#state === 'resuming') this.#setState('joined');
  }

  moved(move: Moved): void {
    this.host.moved(move);
  }

  cut(): void {
    this.#setState('resuming');
  }

  resumed(): void {
    if (this.#state !== 'resuming') return;
    this.#setState(this.#media ? 'joined' : 'rejoining');
    this.#media?.mendIce();
  }

  lost(error: ClientError): void {
    this.#departure.stop();
    this.#dropMedia('reconnecting');
    this.#setState('reconnecting', error);
  }

  ended(error: ClientError): void {
    if (this.#state === 'ended') return;
    this.#finish(error);
    this.lifeline.stop();
  }

  notified(connection: Connection, notification: Notification): void {
    if (this.#handover.notified(connection, notification)) return;
    const { method, data } = notification;
    this.#departure.notified(notification);
    if (method === 'rejoin') void this.#rejoin(connection);
    else if (method === 'transportClosed') void this.#transportClosed(data.transportId, data.reason);
    else this.#gate.take(notification);
  }

  /** With `autoSubscribe: false`: what a track comes from has moved, or we have. */
  #follow({ producerId, replaces }: ProducerInfo): void {
    if (this.options.autoSubscribe) return;
    // If it is refused, the track ends with what it comes from now.
    if (this.#receiver?.lacks(producerId, replaces)) this.subscribe(producerId).catch(() => {});
  }

  #dispatch(notification: Notification): void {
    if (notification.method === 'newProducer') this.#follow(notification.data);
    if (notification.method === 'rosterChanged') {
      const { peers } = this.roster;
      const known = { ownPeerId: this.options.peerId, peer: (id: string) => peers.get(id) };
      for (const one of separately(notification.data, known)) this.#dispatch(one);
    }
    this.#receiver?.notified(notification);
    this.#media?.audience.notified(notification);
    this.roster.notified(notification);
    this.sending.notified(notification);
    this.host.notified(notification);
  }

  async requested(connection: Connection, request: ServerRequest): Promise<void> {
    const elsewhere = this.#handover.requested(connection, request);
    if (elsewhere) return await elsewhere;
    const { method, data } = request;
    // An offer may arrive before the answer to our join, which has the peer that it belongs to.
    await this.#gate.opened;
    const receiver = this.#receiver;
    if (!receiver) throw new ClientError('gone', 'the media is being rebuilt');
    if (method === 'newConsumer') await receiver.offer(data);
    else await receiver.offerData(data);
  }

  /** Builds the media and joins. */
  async #build(connection: Connection): Promise<void> {
    await this.#builder.build(connection);
    this.#setState('joined');
  }

  /** One attempt: device, transports, join, and our publications right behind it. */
  async #enter(connection: Connection, requireCurrent: () => void): Promise<void> {
    const media = await Media.open(connection, this.options, this.#handover.mediaHost, this.#device);
    this.#device = media.device;
    try {
      requireCurrent();
      const joining = connection.request('join', joinParams(media, this.host, this.options));
      this.sending.attach(media);
      await this.#entered(media, joining, requireCurrent);
    } catch (error) {
      this.sending.detach();
      media.close();
      throw error;
    }
  }

  async #entered(media: Media, joining: Promise<JoinResult>, requireCurrent: () => void): Promise<void> {
    this.#gate.close();
    try {
      const result = await joining;
      requireCurrent();
      this.#media = media;
      this.#receiver = new Receiver(media, this.host);
      this.host.watching.entered(this.#receiver);
      this.roster.joined(result.peers);
      this.host.entered(result);
      if (result.consumers?.length) void this.#receiver.begin(result.consumers);
    } finally {
      this.#gate.open();
    }
  }

  async #rejoin(connection: Connection): Promise<void> {
    this.#dropMedia('rejoin');
    if (this.#builder.active) return;
    this.#setState('rejoining');
    try {
      await this.#build(connection);
    } catch {
      // A new connection may work. If this one is closed already, a reconnect is under way.
      if (connection.open) this.lifeline.abandon();
    }
  }

  async #transportClosed(transportId: string, reason: string): Promise<void> {
    const media = this.#media;
    const direction = media?.directionOf(transportId);
    if (!media || !direction) return;
    this.#handover.fail('our media on this server was lost; it is rebuilt first');
    // What is being published fails when its transport closes; detached first, it waits for the next one.
    if (direction === 'send') this.sending.detach();
    media.lost(direction);
    if (handledEnds.has(reason)) return;
    await media.rebuild(direction);
    if (direction === 'send' && media === this.#media) this.sending.attach(media);
  }

  /** Old paths may be gone without a word. */
  #networkChanged(): void {
    this.lifeline.retryNow();
    this.lifeline.connection?.probe();
    this.#media?.restartIce().catch(() => {});
  }

  #dropMedia(reason: string): void {
    this.#builder.restart();
    this.#handover.end();
    this.sending.detach();
    this.#receiver?.close(reason);
    this.#receiver = undefined;
    this.#media?.close();
    this.#media = undefined;
  }

  #finish(error: ClientError): void {
    this.#departure.stop();
    this.#forgetNetwork();
    this.#dropMedia(error.code);
    this.sending.end(error);
    this.roster.clear(error.code);
    this.#setState('ended', error);
  }

  #setState(state: CallState, error?: ClientError): void {
    if (this.#state === 'ended') return;
    this.#state = state;
    this.host.stateChanged(state, error);
  }
}
