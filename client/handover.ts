import { wait } from './backoff.ts';
import type { CallHost, CallOptions } from './call-types.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import type { Media, MediaHost } from './media.ts';
import { Moving } from './moving.ts';
import type { MethodResult, Notification, ServerRequest } from './protocol.ts';
import type { Receiver } from './receiver.ts';
import type { Settle } from './relocation.ts';
import type { Sending } from './sending.ts';

/**
 * How long the former connection stays after a move: the others go over to what we send over the next one, and we to what
 * comes over it.
 */
const formerStaysMs = 2000;

/** What happens once, and is told over one of two connections only. */
const momentary: ReadonlySet<string> = new Set(['peerMessage', 'peerReaction', 'notice']);

/** What a call is made of over one connection. */
export interface CallParts {
  readonly connection: Connection;
  readonly media: Media;
  readonly receiver: Receiver;
}

export interface HandoverOptions {
  readonly call: CallOptions;
  readonly host: CallHost;
  readonly sending: Sending;
  /** What the connection to which we moved says of the call. */
  readonly notified: (connection: Connection, notification: Notification) => void;
  /** The server refused to connect a transport of the call. */
  readonly refused: (transportId: string) => void;
}

/** After a move: what is left, until it ends. */
interface Former extends CallParts {
  /** To which its tracks go over. */
  readonly successor: Receiver;
}

/** The call goes over from one connection to another: what is there of it twice, and for how long. */
export class Handover {
  /** A move that is under way. */
  #moving: Moving | undefined;
  #former: Former | undefined;

  /** What is told of media, whichever connection it is of. */
  readonly mediaHost: MediaHost;

  constructor(private readonly options: HandoverOptions) {
    const { host, refused } = options;
    this.mediaHost = {
      onTransportState: (media, direction, state) => {
        if (!this.#owns(media)) host.transportState(direction, state);
      },
      onTransportRefused: (media, transportId) => {
        if (this.#owns(media)) this.fail('the other server refused our media');
        else refused(transportId);
      },
    };
  }

  /**
   * Goes over to another connection. Calls `committing` when only the server can call it off any more, and `takeOver` at the
   * moment from which on the other connection is the call.
   * @returns what waits until the former connection is not needed any more, and ends what is left of it
   * @throws ClientError; then nothing has changed
   */
  async begin(
    connection: Connection,
    { media, receiver, connection: left }: Partial<CallParts>,
    { committing, takeOver }: { committing(): void; takeOver(next: CallParts, now: WholeCall): void },
  ): Promise<Settle> {
    if (this.#moving || this.#former || !media || !receiver || !left)
      throw new ClientError('wrong_state', 'the call is on its way already, or its media is being rebuilt');
    const { call, host, sending, notified } = this.options;
    const { mediaHost } = this;
    const moving = new Moving(
      { call, host, sending, mediaHost, connection, former: receiver },
      (notification) => notified(connection, notification),
    );
    this.#moving = moving;
    let next: Omit<CallParts, 'connection'>;
    let now: WholeCall;
    try {
      next = await moving.prepare();
      committing();
      now = await moving.commit();
    } catch (error) {
      moving.close();
      throw error;
    } finally {
      this.#moving = undefined;
    }
    this.#former = { media, receiver, connection: left, successor: next.receiver };
    sending.goOver();
    takeOver({ connection, ...next }, now);
    const going = next.receiver.takeOver();
    moving.gate.open();
    return async () => {
      const [gaps] = await Promise.all([going, wait(formerStaysMs)]);
      this.#leaveFormer();
      return gaps.length > 0 ? Math.max(...gaps) : undefined;
    };
  }

  /** @returns whether it is of a connection that is not the call, and was handled */
  notified(connection: Connection, notification: Notification): boolean {
    if (connection === this.#moving?.connection) {
      this.#moving.notified(notification);
      return true;
    }
    if (connection !== this.#former?.connection) return false;
    this.#former.receiver.notified(notification);
    // All else is as the other connection says.
    if (momentary.has(notification.method)) this.options.host.notified(notification);
    return true;
  }

  /** @returns what a request of the server leads to that does not concern the call, or not yet */
  requested(connection: Connection, request: ServerRequest): Promise<void> | undefined {
    if (connection === this.#moving?.connection) return this.#moving.requested(request);
    if (connection !== this.#former?.connection) return undefined;
    return Promise.reject(new ClientError('gone', 'the call goes on over another connection'));
  }

  /** Gives up a move that is not being committed yet. */
  fail(why: string): void {
    this.#moving?.fail(new ClientError('gone', why));
  }

  /** The media of the call is lost: nothing of another connection is left. */
  end(): void {
    this.#moving?.close();
    this.#leaveFormer();
  }

  /** Whether this is media of a connection that is not the call: not yet, or not any more. */
  #owns(media: Media): boolean {
    return media === this.#former?.media || (this.#moving?.owns(media) ?? false);
  }

  #leaveFormer(): void {
    const former = this.#former;
    if (!former) return;
    this.#former = undefined;
    this.options.sending.detachBeside();
    former.receiver.close('moved');
    former.media.close();
    former.successor.forgetFormer();
  }
}

export type WholeCall = MethodResult<'commitMove'>;
