import type { Device } from 'mediasoup-client';
import { wait } from './backoff.ts';
import type { CallHost, CallOptions, CallState } from './call-types.ts';
import type { Connection } from './connection.ts';
import { ClientError, isTransient } from './errors.ts';
import { Gate } from './gate.ts';
import { Lifeline, type LifelineHost } from './lifeline.ts';
import { Media, type MediaHost } from './media.ts';
import { watchNetwork } from './network.ts';
import type { JoinResult, Notification, ServerRequest } from './protocol.ts';
import { Receiver } from './receiver.ts';
import type { RemoteTrack } from './remote-track.ts';
import { retry } from './retry.ts';
import { Roster } from './roster.ts';
import { separately } from './roster-changes.ts';
import { Sending } from './sending.ts';

/** How long to retry rebuilding the media on an open socket before the socket is closed. */
const rebuildRetry = { backoff: { first: 40, max: 1000 }, timeoutMs: 15_000 };

/** How long to wait for the server to know that we left. */
const leaveTimeoutMs = 1000;

/** Reasons of transport ends that we caused, or that another message handles. Nothing is done about them. */
const handledEnds = new Set(['rejoin', 'router_closed', 'peer_left']);

/** A call: the connection, and the media, which is rebuilt on it when it is lost. */
export class Call implements LifelineHost {
  readonly sending = new Sending();
  readonly roster: Roster;
  readonly lifeline: Lifeline;
  #state: CallState = 'new';
  #media: Media | undefined;
  #receiver: Receiver | undefined;
  /** Loaded with the codecs of the server; valid for one connection. */
  #device: Device | undefined;
  /** Incremented when the media is lost; work that was started before is dropped. */
  #generation = 0;
  #building = false;
  #moveTimer: ReturnType<typeof setTimeout> | undefined;
  /** Closed while a join is pending: notifications that arrive before its answer are handled after it. */
  readonly #gate = new Gate<Notification>((notification) => this.#dispatch(notification));
  readonly #mediaHost: MediaHost;
  #forgetNetwork: () => void = () => {};

  constructor(
    private readonly options: CallOptions,
    private readonly host: CallHost,
  ) {
    this.roster = new Roster(host);
    this.lifeline = new Lifeline(options, this);
    this.#mediaHost = {
      onTransportState: (direction, state) => host.transportState(direction, state),
      onTransportRefused: (transportId) => void this.#transportClosed(transportId, 'refused'),
    };
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
    const media = this.requireMedia();
    const receiver = this.#receiver;
    const info = await media.request('consume', { producerId, paused: true });
    if (!receiver || receiver !== this.#receiver)
      throw new ClientError('gone', 'the connection was lost; subscribe again');
    const track = await receiver.offer(info).catch((error: unknown) => {
      media.request('closeConsumer', { consumerId: info.id }).catch(() => {});
      throw error;
    });
    // The application may have paused it when it learned of it.
    if (!track.paused) await media.request('resumeConsumer', { consumerId: track.id });
    return track;
  }

  async connected(connection: Connection): Promise<void> {
    this.#device = undefined;
    await this.#build(connection);
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
    clearTimeout(this.#moveTimer);
    this.#dropMedia('reconnecting');
    this.#setState('reconnecting', error);
  }

  ended(error: ClientError): void {
    if (this.#state === 'ended') return;
    this.#finish(error);
    this.lifeline.stop();
  }

  notified(connection: Connection, notification: Notification): void {
    const { method, data } = notification;
    if (method === 'draining' || method === 'drainCancelled') clearTimeout(this.#moveTimer);
    if (method === 'draining') this.#moveAfter(data.reconnectAfterMs);
    if (method === 'rejoin') void this.#rejoin(connection);
    else if (method === 'transportClosed') void this.#transportClosed(data.transportId, data.reason);
    else this.#gate.take(notification);
  }

  #dispatch(notification: Notification): void {
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

  async requested(_connection: Connection, { method, data }: ServerRequest): Promise<void> {
    // An offer may arrive before the answer to our join, which has the peer that it belongs to.
    await this.#gate.opened;
    const receiver = this.#receiver;
    if (!receiver) throw new ClientError('gone', 'the media is being rebuilt');
    if (method === 'newConsumer') await receiver.offer(data);
    else await receiver.offerData(data);
  }

  /** Builds the media and joins. Retries transient errors. */
  async #build(connection: Connection): Promise<void> {
    let generation = this.#generation;
    const attempt = async () => {
      generation = this.#generation;
      await this.#enter(connection, generation);
    };
    this.#building = true;
    try {
      await retry(attempt, {
        ...rebuildRetry,
        isRetryable: (error) => connection.open && isTransient(error),
        // A rejoin during the attempt is the cause of the failure.
        skipDelay: () => generation !== this.#generation,
      });
    } finally {
      this.#building = false;
    }
    this.#setState('joined');
  }

  /** One attempt: device, transports, join, and our publications right behind it. */
  async #enter(connection: Connection, generation: number): Promise<void> {
    const { autoSubscribe, device, audience } = this.options;
    const media = await Media.open(connection, this.options, this.#mediaHost, this.#device);
    this.#device = media.device;
    try {
      this.#requireCurrent(generation);
      const { displayName, attributes } = this.host;
      const rtpCapabilities = media.device.recvRtpCapabilities;
      const params = { displayName, attributes, device, rtpCapabilities, autoSubscribe, audience };
      const joining = connection.request('join', params);
      this.sending.attach(media);
      await this.#entered(media, joining, generation);
    } catch (error) {
      this.sending.detach();
      media.close();
      throw error;
    }
  }

  async #entered(media: Media, joining: Promise<JoinResult>, generation: number): Promise<void> {
    this.#gate.close();
    try {
      const result = await joining;
      this.#requireCurrent(generation);
      const { peers, consumers = [] } = result;
      this.#media = media;
      this.#receiver = new Receiver(media, this.host);
      this.roster.joined(peers);
      this.host.entered(result);
      this.#receiver.begin(consumers);
    } finally {
      this.#gate.open();
    }
  }

  #requireCurrent(generation: number): void {
    if (generation !== this.#generation) throw new ClientError('gone', 'the media was lost; try again');
  }

  async #rejoin(connection: Connection): Promise<void> {
    this.#dropMedia('rejoin');
    if (this.#building) return;
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
    // What is being published fails when its transport closes; detached first, it waits for the next one.
    if (direction === 'send') this.sending.detach();
    media.lost(direction);
    if (handledEnds.has(reason)) return;
    await media.rebuild(direction);
    if (direction === 'send' && !media.closed) this.sending.attach(media);
  }

  /** Old paths may be gone without a word. */
  #networkChanged(): void {
    this.lifeline.retryNow();
    this.lifeline.connection?.probe();
    this.#media?.restartIce().catch(() => {});
  }

  /** The server drains and gives each client its own time to move to another connection. */
  #moveAfter(milliseconds: number): void {
    this.#moveTimer = setTimeout(() => void this.lifeline.migrate(), milliseconds);
  }

  #dropMedia(reason: string): void {
    this.#generation += 1;
    this.sending.detach();
    this.#receiver?.close(reason);
    this.#receiver = undefined;
    this.#media?.close();
    this.#media = undefined;
  }

  #finish(error: ClientError): void {
    clearTimeout(this.#moveTimer);
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
