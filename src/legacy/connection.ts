import type { IceServers } from '../access/ice-servers.ts';
import type { Clock } from '../core/clock.ts';
import type { PeerEnd } from '../core/ends.ts';
import { type SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Peer, PeerLink, Subscription } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { SignalingCounts } from '../signaling/counts.ts';
import type { SignalingBus } from '../signaling/events.ts';
import { closePolicy, closeReason, closeRestart, endCode } from '../wire/envelope.ts';
import { peerQueueLimits } from '../wire/frame-queue.ts';
import { Inbox } from '../wire/inbox.ts';
import type { WireSocket } from '../wire/socket.ts';
import type { Attachments } from './app-data.ts';
import { prepare } from './dispatch.ts';
import type { Envelope, Incoming } from './envelopes.ts';
import { Media } from './media.ts';
import type { MessageContext } from './message.ts';
import type { NotificationData, NotificationName } from './notifications.ts';
import { PeriodicStatistics } from './statistics.ts';
import { View } from './view.ts';

export interface ConnectionOptions {
  readonly socket: WireSocket;
  readonly envelope: Envelope;
  readonly events: SignalingBus;
  readonly counts: SignalingCounts;
  readonly attachments: Attachments;
  readonly log: Logger;
  readonly clock: Clock;
  readonly messagesPerSecond: number;
  readonly iceServers: () => IceServers;
  /** Names the connection before it is a peer. */
  readonly roomId: string;
  readonly peerId: string;
}

type State =
  | { readonly name: 'entering' }
  | { readonly name: 'open'; readonly context: MessageContext }
  | { readonly name: 'closed' };

/** Bytes that an answer to a notification may take in the queue, beyond what the client may send by itself. */
const answerBytes = 64;
/** Ends that the client knows of without a notification. */
const known: ReadonlySet<PeerEnd> = new Set(['left', 'disconnected']);

/** One client of the old protocol: its messages one after the other, and the way from the domain to it. */
export class Connection implements PeerLink {
  /** Version 2 knows no word for building media again on the same connection. */
  readonly reconnects = true;
  readonly media = new Media();
  readonly statistics: PeriodicStatistics;
  readonly view: View;
  #state: State = { name: 'entering' };
  readonly #gone = Promise.withResolvers<void>();
  readonly gone = this.#gone.promise;
  readonly #inbox: Inbox<Incoming>;
  /** What the message that is handled wants done once its response is on its way. */
  readonly #later: (() => void)[] = [];
  readonly #notify: MessageContext['notify'] = (name, data) => this.notify(name, data);

  constructor(private readonly options: ConnectionOptions) {
    const { clock, log, envelope, messagesPerSecond, attachments, counts } = options;
    this.statistics = new PeriodicStatistics({ clock, log });
    this.view = new View({ media: this.media, attachments, notify: this.#notify });
    this.#inbox = new Inbox({
      clock,
      log,
      messagesPerSecond,
      limits: () => ({
        count: peerQueueLimits.count + envelope.unanswered,
        bytes: peerQueueLimits.bytes + envelope.unanswered * answerBytes,
      }),
      read: (text) => envelope.read(text),
      handle: (frame) => this.#handle(frame),
      refuse: (error, id) => this.#answerError(error, { id, refused: null }),
      drop: (cause, detail) => this.#drop(cause, detail),
      onQueued: (change) => {
        counts.queued += change;
      },
    });
  }

  get closed(): boolean {
    return this.#state.name === 'closed';
  }

  /** The connection has become a peer: what waited is done now. */
  enter(room: Room, peer: Peer): void {
    if (this.closed) return;
    const { media, view, statistics } = this;
    const { attachments, iceServers } = this.options;
    const context: MessageContext = {
      ...{ room, peer, media, view, statistics, attachments, iceServers },
      notify: this.#notify,
      afterReply: (task) => void this.#later.push(task),
    };
    this.#state = { name: 'open', context };
    this.#inbox.open();
  }

  receive(text: string): void {
    this.#inbox.receive(text);
  }

  /** The socket has closed, whoever closed it. */
  socketClosed(): void {
    const state = this.#state;
    this.#end();
    this.#gone.resolve();
    if (state.name === 'open')
      state.context.room.removePeer(state.context.peer, 'disconnected', { detail: 'the connection ended' });
  }

  notify<N extends NotificationName>(name: N, data: NotificationData<N>): void {
    if (this.closed) return;
    this.options.counts.notifications += 1;
    this.#write(
      this.options.envelope.notification({ method: name, target: 'peer', notification: true, ...data }),
    );
  }

  async offerConsumer(subscription: Subscription): Promise<void> {
    await this.view.offer(subscription);
  }

  /** The peer has ended; tells the client why and closes the socket. */
  close(reason: PeerEnd, detail: string): void {
    const code = endCode(reason);
    if (!known.has(reason))
      this.notify('closed', { appData: { reason, detail, reconnect: code === closeRestart } });
    this.#closeSocket(code, `${reason}: ${detail}`);
  }

  /** Not let in: the code of the error opens the reason. */
  refuse(error: SfuError, code: number): void {
    this.#closeSocket(code, error.reason);
  }

  async #handle(frame: Incoming): Promise<void> {
    if (frame.type === 'acknowledgement') return this.#inbox.giveBack();
    if (this.#state.name !== 'open') return;
    const { events, roomId, peerId, envelope } = this.options;
    const { id } = frame;
    const startedAt = performance.now();
    const { method, run } = prepare(frame, this.#state.context);
    let result = 'ok';
    try {
      const made = await run();
      if (id !== undefined) this.#write(envelope.success(id, typeof made === 'function' ? made() : made));
      else if (typeof made === 'function') made();
    } catch (thrown) {
      const error = toSfuError(thrown);
      result = error.code;
      this.#answerError(error, { id, refused: method });
    }
    const duration = performance.now() - startedAt;
    // A name that a client made up must not become a label of a metric.
    const named = result === 'unknown_method' ? 'unknown' : `v2.${method}`;
    events.emit('requestHandled', { method: named, result, duration, roomId, peerId });
    for (const task of this.#later.splice(0)) task();
  }

  /** Answers a request. A notification has no answer: the client is notified, unless its message only came too late. */
  #answerError(error: SfuError, { id, refused }: { id?: number; refused: string | null }): void {
    if (error.code === 'internal')
      this.options.log.error('a message of the old protocol failed', { method: refused, error: error.cause });
    if (id !== undefined) this.#write(this.options.envelope.failure(id, error));
    else if (error.code !== 'not_found' && error.code !== 'gone')
      this.notify('notificationRefused', { refused, reason: error.reason });
  }

  #write(text: string): void {
    if (this.closed || this.options.socket.send(text)) return;
    this.#drop('backpressure', 'you do not read what is sent to you');
  }

  #drop(cause: 'flood' | 'backpressure' | 'invalid', detail: string): void {
    if (this.closed) return;
    const { events, roomId, peerId } = this.options;
    events.emit('socketDropped', { cause, roomId, peerId });
    const state = this.#state;
    this.#closeSocket(closePolicy, `${cause}: ${detail}`);
    if (state.name === 'open')
      state.context.room.removePeer(state.context.peer, 'protocol_error', { detail });
  }

  #closeSocket(code: number, reason: string): void {
    if (this.closed) return;
    this.#end();
    this.options.socket.close(code, closeReason(reason));
  }

  #end(): void {
    this.#state = { name: 'closed' };
    this.#inbox.close();
    this.statistics.close();
    this.media.close();
    this.#later.length = 0;
  }
}
