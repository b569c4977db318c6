import { version } from 'mediasoup';
import type { PeerEnd, StayEnd } from '../core/ends.ts';
import type { SfuError } from '../core/errors.ts';
import { keepWhileAway } from '../sfu/rooms/absence.ts';
import type { DataSubscription, Peer, PeerLink, Subscription } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import {
  closePolicy,
  endCode,
  failureFrame,
  type NotificationFrame,
  type RequestFrame,
} from '../wire/envelope.ts';
import { type ClientFrame, type ClientResponse, readFrame } from '../wire/frame.ts';
import { Inbox } from '../wire/inbox.ts';
import type { WireSocket } from '../wire/socket.ts';
import { Dialect, writeEvent } from './compat.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { contextOf } from './context.ts';
import { describeConsumer, describeDataConsumer } from './describe.ts';
import { type DispatchContext, dispatch, type Outcome } from './dispatch.ts';
import type { NotificationData, NotificationName } from './messages.ts';
import { Outlet } from './outlet.ts';
import { Requests } from './requests.ts';
import { type Resumption, wasCut } from './resumption.ts';
import { notificationText, successText } from './texts.ts';

type State =
  | { readonly name: 'entering' }
  | { readonly name: 'open'; readonly context: DispatchContext }
  | { readonly name: 'closed' };

/**
 * One connection: its messages one after the other, its limits, and the way from the domain to its client. The
 * connection of a client that can resume outlives its sockets.
 */
export class Connection implements PeerLink {
  #state: State = { name: 'entering' };
  readonly #gone = Promise.withResolvers<void>();
  /** Resolves when it has ended and its last socket is closed, whoever closed it. */
  readonly gone = this.#gone.promise;
  readonly #inbox: Inbox<ClientFrame>;
  readonly #requests: Requests;
  readonly #dialect: Dialect;
  /** What the method that runs wants done once its reply is on its way. */
  readonly #later: (() => void)[] = [];
  readonly outlet: Outlet;
  /** Whether its client is told of the others together. */
  readonly takesRoster: boolean;

  constructor(private readonly options: ConnectionOptions) {
    const { socket, resumption, clock, log, messagesPerSecond, native, counts } = options;
    const onStalled = () => this.#drop('backpressure', 'you do not read what is sent to you');
    this.takesRoster = options.takesRoster;
    this.outlet = new Outlet({ socket, resumption, onStalled });
    this.#dialect = new Dialect(native, () => this.#tellVersion());
    this.#requests = new Requests({ clock, send: (frame) => this.outlet.writeSoon(JSON.stringify(frame)) });
    this.#inbox = new Inbox({
      clock,
      log,
      messagesPerSecond,
      limits: () => this.#requests.queueLimits,
      read: readFrame,
      handle: (frame) => this.#handle(frame),
      refuse: (error, id) => this.#refuseFrame(error, id),
      drop: (cause, detail) => this.#drop(cause, detail),
      onQueued: (change) => {
        counts.queued += change;
      },
    });
  }

  /** No messages are taken any more. The socket may still be closing. */
  get closed(): boolean {
    return this.#state.name === 'closed';
  }

  get reconnects(): boolean {
    return !this.#dialect.knows('rejoin');
  }

  /** What its client needs to resume; undefined when it cannot. */
  get resumption(): Resumption | undefined {
    return this.options.resumption;
  }

  /** Whether its client can be moved to another node. */
  get moves(): boolean {
    return this.options.moves && this.options.resumption !== undefined;
  }

  hasTicket(hash: string): boolean {
    return !this.closed && (this.options.resumption?.tickets.hashes.includes(hash) ?? false);
  }

  /** Whether its client knows a notification; it is not sent those that it does not know. */
  knows(name: NotificationName): boolean {
    return this.#dialect.knows(name) && (name !== 'move' || this.moves);
  }

  /** Whether its client should get a notification of what is at this moment and is told again soon. */
  get listens(): boolean {
    return !this.outlet.cut;
  }

  /** The connection has become a peer: what waited is done now. */
  enter(room: Room, peer: Peer): void {
    if (this.closed) return;
    const { resumption } = this.options;
    const afterReply = (task: () => void) => void this.#later.push(task);
    const context = contextOf(this.options, { room, peer, dialect: this.#dialect, afterReply });
    this.#state = { name: 'open', context };
    this.#tellVersion();
    if (resumption) this.notify('resumeTicket', resumption.begin());
    this.#inbox.open();
  }

  /** Takes one text frame of the client. It is parsed when its turn comes, and not before the client was let in. */
  receive(socket: WireSocket, text: string): void {
    if (this.closed || !this.outlet.uses(socket)) return;
    this.resumption?.heard();
    this.#inbox.receive(text);
  }

  /**
   * A socket of it has closed, whoever closed it. One that was cut may be followed by another; one that was followed
   * already does not matter.
   */
  socketClosed(socket: WireSocket, code: number): void {
    if (!this.outlet.uses(socket)) return;
    this.outlet.lost();
    const state = this.#state;
    if (state.name === 'open' && this.resumption && wasCut(code) && !state.context.peer.passage) {
      if (keepWhileAway(state.context.room, state.context.peer)) return;
    }
    this.#end();
    this.#gone.resolve();
    if (state.name === 'open') removePeer(state.context, 'disconnected', 'the connection ended');
  }

  /** Goes on over another socket. @returns whether its client, which has `count` frames, missed more than is kept */
  goOn(socket: WireSocket, resumption: Resumption, next: { ticket: string; count: number }): boolean {
    const missed = this.outlet.goOn(socket, resumption, next);
    if (missed) this.#requests.abandon();
    return missed;
  }

  notify<N extends NotificationName>(name: N, data: NotificationData<N>): void {
    if (this.knows(name)) this.sendText(notificationText(name, data));
  }

  /** Sends a notification that its client knows, and that was written once for many. */
  sendText(text: string): void {
    this.options.counts.notifications += 1;
    this.outlet.write(text);
  }

  /** Under the name that its generation reads, as soon as that is known. */
  #tellVersion(): void {
    this.notify('mediasoup-version', { version });
    this.notify('mediasoupVersion', { version });
  }

  async offerConsumer(subscription: Subscription): Promise<void> {
    await this.#requests.ask('newConsumer', writeEvent('newConsumer', describeConsumer(subscription)));
  }

  async offerDataConsumer(subscription: DataSubscription): Promise<void> {
    const offer = writeEvent('newDataConsumer', describeDataConsumer(subscription));
    await this.#requests.ask('newDataConsumer', offer);
  }

  /** The peer has ended; tells the client why and closes the socket. */
  close(reason: StayEnd, detail: string): void {
    if (this.closed) return;
    if (reason === 'room_closed' || reason === 'draining' || reason === 'server_closed') {
      this.notify('roomClosed', { reason });
    }
    const { events, roomId, peerId } = this.options;
    if (this.outlet.cut && reason === 'disconnected') events.emit('resumeExpired', { roomId, peerId });
    this.#closeSocket(endCode(reason), `${reason}: ${detail}`);
  }

  /** Not let in, or not any more: the code of the error opens the reason. */
  refuse(error: SfuError, code: number): void {
    const state = this.#state;
    this.#closeSocket(code, error.reason);
    if (state.name === 'open') removePeer(state.context, 'disconnected', error.message);
  }

  /** An answer that the server asked for does not count as a message. */
  #settle(frame: ClientResponse): void {
    if (this.#requests.settle(frame)) this.#inbox.giveBack();
  }

  #refuseFrame(error: SfuError, id: number | undefined): void {
    if (id === undefined) this.notify('invalidMessage', { reason: error.reason });
    else this.outlet.write(JSON.stringify(failureFrame(id, error)));
  }

  #handle(frame: ClientFrame): Promise<void> | undefined {
    if (this.#state.name !== 'open') return undefined;
    if ('response' in frame) {
      this.#settle(frame);
      return undefined;
    }
    const startedAt = performance.now();
    const outcome = dispatch(frame, this.#state.context);
    if (outcome instanceof Promise) return outcome.then((settled) => this.#finish(frame, settled, startedAt));
    this.#finish(frame, outcome, startedAt);
    return undefined;
  }

  #finish(frame: RequestFrame | NotificationFrame, outcome: Outcome, startedAt: number): void {
    if ('request' in frame) {
      if (outcome.ok) this.outlet.write(successText(frame.id, outcome.data));
      else this.outlet.write(JSON.stringify(failureFrame(frame.id, outcome.error)));
    }
    const result = outcome.ok ? 'ok' : outcome.error.code;
    // A name that a client made up must not become a label of a metric.
    const method = result === 'unknown_method' ? 'unknown' : frame.method;
    const { events, roomId, peerId } = this.options;
    const duration = performance.now() - startedAt;
    events.emit('requestHandled', { method, result, duration, roomId, peerId });
    if (this.#later.length > 0) for (const task of this.#later.splice(0)) task();
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
    if (this.outlet.close(code, reason)) return;
    this.resumption?.endedAway(code, reason);
    this.#gone.resolve();
  }

  #end(): void {
    this.#state = { name: 'closed' };
    this.#inbox.close();
    this.#requests.abandon();
  }
}

function removePeer({ room, peer }: DispatchContext, reason: PeerEnd, detail: string): void {
  room.removePeer(peer, reason, { detail });
}
