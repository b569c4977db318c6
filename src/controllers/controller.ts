import type { Static } from '@sinclair/typebox';
import { type Caller, requireScope } from '../access/scopes.ts';
import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { collectWarnings } from '../core/warnings.ts';
import { type Owner, ownerOf } from '../operations/holdings/owner.ts';
import type { ControlServices, OperationContext } from '../operations/operation.ts';
import { runOperation } from '../operations/run.ts';
import { findOperation } from '../operations/table/index.ts';
import type { EventStream } from '../public-events/stream.ts';
import { checked } from '../wire/check.ts';
import { closePolicy, closeReason, closeRefused, failureFrame, type RequestFrame } from '../wire/envelope.ts';
import { FrameError, readFrame } from '../wire/frame.ts';
import type { QueueLimits } from '../wire/frame-queue.ts';
import { Inbox } from '../wire/inbox.ts';
import type { SocketListener, WireSocket } from '../wire/socket.ts';
import { EventSubscription } from './event-subscription.ts';
import { connectionMethods, subscribeCheck } from './methods.ts';

export interface ControllerOptions {
  readonly services: ControlServices;
  readonly stream: EventStream;
  readonly log: Logger;
  /** Finds the program behind the connection. Rejects when its key is not valid, or not any more. */
  readonly authenticate: () => Promise<Caller>;
  readonly controllerId: string;
  /** The connection was accepted: it acts for this owner from now on. */
  readonly onEntered: (controller: Controller, owner: Owner) => void;
  /** The connection has ended after it was accepted. */
  readonly onLeft: (controller: Controller, owner: Owner) => void;
}

type State =
  | { readonly name: 'connecting'; readonly socket?: WireSocket }
  | {
      readonly name: 'open';
      readonly socket: WireSocket;
      readonly context: OperationContext;
      readonly owner: Owner;
    }
  | { readonly name: 'closed' };

/** How often the key of a connection is checked again. */
const keyCheckIntervalMs = 60_000;
/** What may wait of an admitted program; one that sends more without waiting for replies is dropped. */
const queueLimits: QueueLimits = { count: 1024, bytes: 1024 * 1024 };

/** One connection of a controller. Its requests are handled one after the other; notifications and events go to it. */
export class Controller implements SocketListener {
  #state: State = { name: 'connecting' };
  #subscription: EventSubscription | undefined;
  #cancelKeyCheck: () => void = () => {};
  readonly #inbox: Inbox<RequestFrame>;

  constructor(private readonly options: ControllerOptions) {
    const { clock, config } = options.services;
    this.#inbox = new Inbox({
      clock,
      log: options.log,
      messagesPerSecond: config.controllerMessagesPerSecond,
      limits: () => queueLimits,
      read: readRequest,
      handle: (request) => this.#handle(request),
      refuse: (error, id) =>
        id === undefined
          ? this.notify('invalidMessage', { reason: error.reason })
          : this.#write(failureFrame(id, error)),
      drop: (cause, detail) => this.#drop(cause, detail),
    });
  }

  opened(socket: WireSocket): void {
    this.#state = { name: 'connecting', socket };
    this.options
      .authenticate()
      .then((caller) => this.#enter(socket, caller))
      .catch((error: unknown) => this.#refuse(toSfuError(error)));
  }

  received(text: string): void {
    this.#inbox.receive(text);
  }

  drained(): void {
    this.#subscription?.sendNew();
  }

  closed(): void {
    this.#finish();
  }

  notify(method: string, data: unknown): void {
    this.#write({ notification: true, method, data });
  }

  /** Closes the connection with a code and a reason. */
  end(code: number, reason: string): void {
    if (this.#state.name === 'closed') return;
    const { socket } = this.#state;
    this.#finish();
    socket?.close(code, closeReason(reason));
  }

  #drop(cause: 'flood' | 'backpressure' | 'invalid', detail: string): void {
    const { log, controllerId } = this.options;
    log.warn('a controller was dropped', { controllerId, cause, detail });
    this.end(closePolicy, `${cause}: ${detail}`);
  }

  #enter(socket: WireSocket, caller: Caller): void {
    // The connection may have ended while the key was checked.
    if (this.#state.name !== 'connecting') return;
    const { services, controllerId, stream } = this.options;
    const context = { ...services, caller, controllerId };
    const owner = ownerOf(context);
    this.#state = { name: 'open', socket, context, owner };
    this.options.log.info('a controller connected', { ...owner, address: caller.address });
    this.options.onEntered(this, owner);
    const graceSeconds = services.config.controllerGraceSeconds;
    this.notify('welcome', { controllerId, graceSeconds, position: stream.position });
    this.#inbox.open();
    this.#scheduleKeyCheck();
  }

  /** Ends the connection when its key was revoked or its token has expired. */
  async checkKey(): Promise<void> {
    if (this.#state.name !== 'open') return;
    await this.options.authenticate().catch((error: unknown) => this.#refuse(toSfuError(error)));
  }

  #scheduleKeyCheck(): void {
    if (this.#state.name !== 'open') return;
    this.#cancelKeyCheck = this.options.services.clock.after(keyCheckIntervalMs, () => {
      void this.checkKey().then(() => this.#scheduleKeyCheck());
    });
  }

  #refuse(error: SfuError): void {
    if (error.code === 'internal')
      this.options.log.error('a controller could not be authenticated', { error: error.cause });
    this.end(closeRefused, error.reason);
  }

  #finish(): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    this.#state = { name: 'closed' };
    this.#inbox.close();
    this.#cancelKeyCheck();
    this.#subscription?.stop();
    if (state.name === 'open') this.options.onLeft(this, state.owner);
  }

  async #handle({ id, method, data: params }: RequestFrame): Promise<void> {
    const state = this.#state;
    if (state.name !== 'open') return;
    try {
      const { warn, text } = collectWarnings();
      const data = await this.#run(method, { ...state.context, warn }, params);
      this.#write({ response: true, id, ok: true, data: data ?? {}, warning: text() });
    } catch (thrown) {
      const error = toSfuError(thrown);
      if (error.code === 'internal')
        this.options.log.error('an operation failed', { method, error: error.cause });
      this.#write(failureFrame(id, error));
    }
    // After the reply: the first events of a subscription follow the reply to `subscribe`.
    this.#subscription?.sendNew();
  }

  async #run(method: string, context: OperationContext, params: unknown): Promise<unknown> {
    if (method === 'subscribe') return this.#subscribe(context.caller, params);
    if (method === 'unsubscribe') return this.#unsubscribe();
    const operation = findOperation(method);
    if (!operation) {
      const name = JSON.stringify(method.slice(0, 64));
      throw new SfuError('unknown_method', `there is no method ${name}; docs/controllers.md lists them`);
    }
    return await runOperation(operation, { context, params });
  }

  #subscribe(caller: Caller, params: unknown): Static<(typeof connectionMethods)['subscribe']['result']> {
    requireScope(caller, connectionMethods.subscribe.scope);
    const { stream } = this.options;
    const { after = stream.position, ...filter } = checked(subscribeCheck, params, 'subscribe');
    const gap = stream.since(after) === undefined;
    const position = gap ? stream.position : after;
    this.#subscription?.stop();
    this.#subscription = new EventSubscription({
      stream,
      filter,
      position,
      send: (event) => this.notify('event', event),
      bufferedBytes: () => (this.#state.name === 'open' ? this.#state.socket.bufferedBytes() : 0),
      onLost: () => this.#drop('backpressure', 'you read too slowly; connect again and read the state again'),
    });
    return { position, gap };
  }

  #unsubscribe(): { position: string } {
    const position = this.#subscription?.position ?? this.options.stream.position;
    this.#subscription?.stop();
    this.#subscription = undefined;
    return { position };
  }

  #write(frame: unknown): void {
    if (this.#state.name === 'closed') return;
    if (this.#state.socket?.send(JSON.stringify(frame)) === false)
      this.#drop('backpressure', 'you do not read what is sent to you; connect again');
  }
}

/** @throws SfuError invalid_message */
function readRequest(text: string): RequestFrame {
  const frame = readFrame(text);
  if ('request' in frame) return frame;
  throw new FrameError(
    'a controller may only send requests; every method has a reply, and this server sends no requests',
  );
}
