import { version } from 'mediasoup';
import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import { Pace } from '../core/pace.ts';
import type { DataSubscription, Peer, PeerLink, Subscription } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import {
  closePolicy,
  closeReason,
  closeRefused,
  closeRestart,
  failureFrame,
  type NotificationFrame,
  type RequestFrame,
  type ResponseFrame,
} from '../wire/envelope.ts';
import { type ClientFrame, type ClientResponse, FrameError, readFrame } from '../wire/frame.ts';
import { FrameQueue, peerQueueLimits, type QueueLimits } from '../wire/frame-queue.ts';
import { Dialect, writeEvent } from './compat.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { isForDemoBot } from './demo-bot.ts';
import { describeConsumer, describeDataConsumer } from './describe.ts';
import { type DispatchContext, dispatch, type Outcome } from './dispatch.ts';
import type { NotificationData, NotificationName, ServerRequestData, ServerRequestName } from './messages.ts';
import { Requests } from './requests.ts';
import { notificationText, successText } from './texts.ts';

type State =
  | { readonly name: 'entering' }
  | { readonly name: 'open'; readonly context: DispatchContext }
  | { readonly name: 'closed' };

/** After these a client connects again by itself, which it does after any code but 4000. */
const comesBack: ReadonlySet<PeerEnd> = new Set(['draining', 'server_closed', 'rejoin']);
const toleratedInvalid = 10;
/** Room in the queue for an answer that is outstanding, in bytes. */
const answerBytes = 256;

/** One connection: its messages one after the other, its limits, and the way from the domain to its client. */
export class Connection implements PeerLink {
  #state: State = { name: 'entering' };
  readonly #gone = Promise.withResolvers<void>();
  /** Resolves when the socket is closed, whoever closed it. */
  readonly gone = this.#gone.promise;
  readonly #queue = new FrameQueue();
  #working = false;
  #invalid = 0;
  readonly #pace: Pace;
  readonly #requests: Requests;
  readonly #dialect: Dialect;
  /** What the method that runs wants done once its reply is on its way. */
  #later: (() => void)[] = [];
  /** Requests to the client that go out together at the end of this moment. */
  #soon: string[] = [];

  constructor(private readonly options: ConnectionOptions) {
    const { clock, messagesPerSecond, native } = options;
    this.#dialect = new Dialect(native, () => this.#tellVersion());
    this.#pace = new Pace(messagesPerSecond, clock);
    this.#requests = new Requests({ clock, send: (frame) => this.#sendSoon(frame) });
  }

  /** No messages are taken any more. The socket may still be closing. */
  get closed(): boolean {
    return this.#state.name === 'closed';
  }

  get reconnects(): boolean {
    return !this.#dialect.knows('rejoin');
  }

  /** Whether its client knows a notification; it is not sent those that it does not know. */
  knows(name: NotificationName): boolean {
    return this.#dialect.knows(name);
  }

  /** The connection has become a peer: what waited is done now. */
  enter(room: Room, peer: Peer): void {
    if (this.closed) return;
    const { commands, log, iceServers, fast, wantsBandwidth } = this.options;
    const afterReply = (task: () => void) => void this.#later.push(task);
    const dialect = this.#dialect;
    const leavesOut: DispatchContext['leavesOut'] = (channel) =>
      dialect.generation !== 'native' && isForDemoBot(channel);
    const client = { fast, wantsBandwidth, iceServers, dialect, leavesOut };
    this.#state = { name: 'open', context: { room, peer, ...client, afterReply, commands, log } };
    this.#tellVersion();
    this.#work();
  }

  /** Takes one text frame of the client. It is parsed when its turn comes, and not before the client was let in. */
  receive(text: string): void {
    if (this.closed) return;
    const flood = this.#queue.push(text, this.#queueLimits);
    if (flood !== undefined) return this.#drop('flood', flood);
    this.options.counts.queued += 1;
    this.#work();
  }

  /** Answers that the server asked for may come all at once. */
  get #queueLimits(): QueueLimits {
    const { count, bytes } = peerQueueLimits;
    const { waiting } = this.#requests;
    return { count: count + waiting, bytes: bytes + waiting * answerBytes };
  }

  /** The socket has closed, whoever closed it. */
  socketClosed(): void {
    const state = this.#state;
    this.#end();
    this.#gone.resolve();
    if (state.name === 'open') removePeer(state.context, 'disconnected', 'the connection ended');
  }

  notify<N extends NotificationName>(name: N, data: NotificationData<N>): void {
    if (this.knows(name)) this.sendText(notificationText(name, data));
  }

  /** Sends a notification that its client knows, and that was written once for many. */
  sendText(text: string): void {
    this.options.counts.notifications += 1;
    this.#write(text);
  }

  /** Under the name that its generation reads, as soon as that is known. */
  #tellVersion(): void {
    this.notify('mediasoup-version', { version });
    this.notify('mediasoupVersion', { version });
  }

  #write(text: string): void {
    if (this.#soon.length > 0) this.#sendWaiting();
    if (this.closed || this.options.socket.send(text)) return;
    this.#drop('backpressure', 'you do not read what is sent to you');
  }

  /** Whoever joins is offered everything at once: in one write that costs a fraction of what it does one by one. */
  #sendSoon(frame: RequestFrame): void {
    if (this.#soon.push(JSON.stringify(frame)) === 1) queueMicrotask(() => this.#sendWaiting());
  }

  #sendWaiting(): void {
    const texts = this.#soon;
    this.#soon = [];
    if (this.closed || texts.length === 0) return;
    this.options.socket.cork(() => {
      for (const text of texts) this.#write(text);
    });
  }

  async offerConsumer(subscription: Subscription): Promise<void> {
    await this.#request('newConsumer', describeConsumer(subscription));
  }

  async offerDataConsumer(subscription: DataSubscription): Promise<void> {
    await this.#request('newDataConsumer', describeDataConsumer(subscription));
  }

  /** The peer has ended; tells the client why and closes the socket. */
  close(reason: PeerEnd, detail: string): void {
    if (this.closed) return;
    if (reason === 'room_closed' || reason === 'draining' || reason === 'server_closed') {
      this.notify('roomClosed', { reason });
    }
    const code = comesBack.has(reason) ? closeRestart : closeRefused;
    this.#closeSocket(code, `${reason}: ${detail}`);
  }

  /** Not let in, or not any more: the code of the error opens the reason. */
  refuse(error: SfuError, code: number): void {
    const state = this.#state;
    this.#closeSocket(code, error.reason);
    if (state.name === 'open') removePeer(state.context, 'disconnected', error.message);
  }

  #request<N extends ServerRequestName>(name: N, data: ServerRequestData<N>): Promise<void> {
    return this.#requests.ask(name, writeEvent(name, data));
  }

  /** An answer that the server asked for does not count as a message. */
  #settle(frame: ClientResponse): void {
    if (this.#requests.settle(frame)) this.#pace.giveBack();
  }

  #refuseFrame(error: unknown): void {
    if (!(error instanceof SfuError)) throw error;
    const id = error instanceof FrameError ? error.id : undefined;
    this.#invalid += 1;
    if (this.#invalid > toleratedInvalid) return this.#drop('invalid', error.message);
    if (id === undefined) this.notify('invalidMessage', { reason: error.reason });
    else this.#send(failureFrame(id, error));
  }

  #work(): void {
    if (this.#working || this.#state.name !== 'open') return;
    this.#working = true;
    const waiting = this.#workThrough();
    if (!waiting) {
      this.#working = false;
      return;
    }
    waiting
      .catch((error: unknown) => this.options.log.error('a connection could not handle a message', { error }))
      .finally(() => {
        this.#working = false;
        this.#work();
      });
  }

  /** Handles what is queued until something has to be waited for; then it returns the promise of that. */
  #workThrough(): Promise<void> | undefined {
    while (this.#queue.length > 0) {
      const { cost } = this.#queue;
      if (this.#pace.take(cost) !== undefined) return this.#pace.wait(cost).then(() => this.#handleNext());
      const waiting = this.#handleNext();
      if (waiting) return waiting;
    }
    return undefined;
  }

  #handleNext(): Promise<void> | undefined {
    const text = this.#queue.shift();
    // The connection may have ended while it was paced.
    if (this.#state.name !== 'open' || text === undefined) return undefined;
    this.options.counts.queued -= 1;
    let frame: ClientFrame;
    try {
      frame = readFrame(text);
    } catch (error) {
      this.#refuseFrame(error);
      return undefined;
    }
    if (!('response' in frame)) return this.#handle(frame, this.#state.context);
    this.#settle(frame);
    return undefined;
  }

  #handle(frame: RequestFrame | NotificationFrame, context: DispatchContext): Promise<void> | undefined {
    const startedAt = performance.now();
    const outcome = dispatch(frame, context);
    if (outcome instanceof Promise) return outcome.then((settled) => this.#finish(frame, settled, startedAt));
    this.#finish(frame, outcome, startedAt);
    return undefined;
  }

  #finish(frame: RequestFrame | NotificationFrame, outcome: Outcome, startedAt: number): void {
    if ('request' in frame) {
      if (outcome.ok) this.#write(successText(frame.id, outcome.data));
      else this.#send(failureFrame(frame.id, outcome.error));
    }
    const result = outcome.ok ? 'ok' : outcome.error.code;
    // A name that a client made up must not become a label of a metric.
    const method = result === 'unknown_method' ? 'unknown' : frame.method;
    const { events, roomId, peerId } = this.options;
    const duration = performance.now() - startedAt;
    events.emit('requestHandled', { method, result, duration, roomId, peerId });
    if (this.#later.length === 0) return;
    const later = this.#later;
    this.#later = [];
    for (const task of later) task();
  }

  #send(frame: ResponseFrame): void {
    this.#write(JSON.stringify(frame));
  }

  #drop(cause: 'flood' | 'backpressure' | 'invalid', detail: string): void {
    if (this.closed) return;
    const { events, roomId, peerId } = this.options;
    events.emit('socketDropped', { cause, roomId, peerId });
    const state = this.#state;
    this.#closeSocket(closePolicy, `${cause}: ${detail}`);
    if (state.name === 'open') removePeer(state.context, 'protocol_error', detail);
  }

  #closeSocket(code: number, reason: string): void {
    if (this.closed) return;
    this.#end();
    this.options.socket.close(code, closeReason(reason));
  }

  #end(): void {
    this.#state = { name: 'closed' };
    this.options.counts.queued -= this.#queue.length;
    this.#queue.clear();
    this.#requests.abandon();
  }
}

function removePeer({ room, peer }: DispatchContext, reason: PeerEnd, detail: string): void {
  room.removePeer(peer, reason, { detail });
}
