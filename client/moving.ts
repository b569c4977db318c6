import type { types } from 'mediasoup-client';
import { type CallHost, type CallOptions, joinParams } from './call-types.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { Gate } from './gate.ts';
import { Media, type MediaHost } from './media.ts';
import { type Deferred, deferred } from './portable.ts';
import type { MethodResult, Notification, ServerRequest } from './protocol.ts';
import { Receiver } from './receiver.ts';
import type { Sending } from './sending.ts';

/** How long our media may take to be on the other server, too. */
const prepareTimeoutMs = 10_000;

export interface MovingOptions {
  /** To the server to which we move. */
  readonly connection: Connection;
  readonly call: CallOptions;
  readonly host: CallHost;
  readonly mediaHost: MediaHost;
  readonly sending: Sending;
  /** Of the connection in use. */
  readonly former: Receiver;
}

/**
 * A move that is under way: a second connection, to another server, with its own media, beside the one in use. Nobody else
 * knows of it before it is committed, and when it fails nothing is left of it.
 */
export class Moving {
  /** What the server says of the call is handled once we have taken over. */
  readonly gate: Gate<Notification>;
  readonly #failure: Deferred<never> = deferred();
  #media: Media | undefined;
  #receiver: Receiver | undefined;
  #committing = false;
  #closed = false;

  constructor(
    private readonly options: MovingOptions,
    dispatch: (notification: Notification) => void,
  ) {
    this.gate = new Gate(dispatch);
    this.gate.close();
    // It may fail while nothing waits for it.
    this.#failure.promise.catch(() => {});
  }

  get connection(): Connection {
    return this.options.connection;
  }

  /** Brings our media to the other server, and that of the others from there. @throws ClientError */
  async prepare(): Promise<{ media: Media; receiver: Receiver }> {
    const late = `our media was not on the other server within ${prepareTimeoutMs / 1000} seconds`;
    const timer = setTimeout(() => this.fail(new ClientError('timeout', late)), prepareTimeoutMs);
    try {
      return await Promise.race([this.#prepare(), this.#failure.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes over. From the answer on the other connection is the call. @throws ClientError */
  async commit(): Promise<MethodResult<'commitMove'>> {
    const { connection, sending } = this.options;
    await Promise.race([sending.stop(), this.#failure.promise]);
    this.#committing = true;
    return await Promise.race([connection.request('commitMove', {}), this.#failure.promise]);
  }

  /** Gives up: the call goes on as if nothing was. Once it is being committed only the answer counts. */
  fail(error: ClientError): void {
    if (!this.#committing) this.#failure.reject(error);
  }

  /** Leaves nothing of it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failure.reject(new ClientError('gone', 'the move was given up'));
    this.options.sending.stay();
    this.#receiver?.close('moved');
    this.#media?.close();
  }

  owns(media: Media): boolean {
    return media.isOver(this.connection);
  }

  notified(notification: Notification): void {
    const { method, data } = notification;
    if (method === 'producerClosed' && !this.options.sending.sends(data.producerId)) return;
    if (method === 'transportClosed' || method === 'rejoin' || method === 'producerClosed')
      this.fail(new ClientError('gone', `the other server ended our media there: ${data.reason}`));
    else if (method === 'dataProducerReady') this.#media?.audience.notified(notification);
    else if (method === 'producerPaused' || method === 'producerResumed')
      this.options.sending.notified(notification);
    else if (method.startsWith('consumer')) this.#receiver?.notified(notification);
    else this.gate.take(notification);
  }

  async requested({ method, data }: ServerRequest): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver || method !== 'newConsumer') throw new ClientError('wrong_state', 'not before commitMove');
    await receiver.offer(data);
  }

  async #prepare(): Promise<{ media: Media; receiver: Receiver }> {
    const { connection, call, host, mediaHost, sending, former } = this.options;
    const media = await Media.open(connection, call, mediaHost);
    if (this.#closed) {
      media.close();
      throw new ClientError('gone', 'the move was given up');
    }
    this.#media = media;
    const receiver = new Receiver(media, host, former);
    this.#receiver = receiver;
    // What is sent follows the join, without waiting for its answer.
    await Promise.all([this.#receive(media, receiver), sending.prepare(media)]);
    const transports = (['send', 'recv'] as const).flatMap((direction) => media.transport(direction) ?? []);
    await Promise.all(transports.map(connected));
    return { media, receiver };
  }

  async #receive(media: Media, receiver: Receiver): Promise<void> {
    const { connection, call, host, former } = this.options;
    const params = { ...joinParams(media, host, call), watch: host.watching.takeAlong() };
    const { consumers = [] } = await connection.request('join', params);
    const chosen = call.autoSubscribe ? [] : await this.#choose(former);
    await receiver.begin([...consumers, ...chosen]);
  }

  /** What the application has subscribed to. */
  async #choose(former: Receiver) {
    const choosing = [...former.tracks].map(({ producerId }) =>
      this.connection.request('consume', { producerId, paused: true }),
    );
    const answers = await Promise.allSettled(choosing);
    // What cannot be had there ends with the former connection.
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }
}

/** @throws ClientError unreachable. One that nothing uses does not connect. */
async function connected(transport: types.Transport): Promise<void> {
  const settled = (state: types.ConnectionState) => state !== 'connecting' && state !== 'disconnected';
  const { connectionState } = transport;
  const state = settled(connectionState)
    ? connectionState
    : await new Promise<types.ConnectionState>((resolve) => {
        transport.on('connectionstatechange', (next) => {
          if (settled(next)) resolve(next);
        });
        transport.observer.once('close', () => resolve('closed'));
      });
  if (state === 'failed' || state === 'closed')
    throw new ClientError('unreachable', 'our media does not reach the other server');
}
