import type { Static, TSchema } from '@sinclair/typebox';
import type { IceServers } from '../access/ice-servers.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { type DataCheck, dataCheck } from '../wire/check.ts';
import type { Attachments } from './app-data.ts';
import type { Media } from './media.ts';
import type { NotificationData, NotificationName } from './notifications.ts';
import type { PeriodicStatistics } from './statistics.ts';
import type { View } from './view.ts';

/** What a message acts on: the peer that sent it, its room, and what its client knows. */
export interface MessageContext {
  readonly room: Room;
  readonly peer: Peer;
  readonly media: Media;
  readonly view: View;
  readonly statistics: PeriodicStatistics;
  readonly attachments: Attachments;
  /** ICE servers for this client, with credentials that are valid from now on. */
  readonly iceServers: () => IceServers;
  readonly notify: <N extends NotificationName>(name: N, data: NotificationData<N>) => void;
  /** Runs the task after the response is sent, for what the client must get after it. */
  readonly afterReply: (task: () => void) => void;
}

/** Everything about one message of clients. */
export interface MessageDefinition<
  N extends string = string,
  P extends TSchema = TSchema,
  R extends TSchema = TSchema,
> {
  readonly name: N;
  /** Whether it is answered. */
  readonly type: 'request' | 'notification';
  readonly target: 'room' | 'peer';
  readonly doc: string;
  /** Its fields beside `method` and `target`. */
  readonly params: P;
  readonly result: R;
  /** `joined` needs a peer that has joined, `connected` only an accepted connection. */
  readonly state: 'connected' | 'joined';
  /** Errors besides those that any message can have. */
  readonly errors: readonly ErrorCode[];
  /** Fields that a test sends; a string such as `{producer}` stands for the number of such an object. */
  readonly example: unknown;
  /** @returns the response, or what makes it at the moment at which it is sent */
  run(
    context: MessageContext,
    params: Static<P>,
  ): Promise<Static<R> | (() => Static<R>)> | Static<R> | (() => Static<R>);
}

export type Message<
  N extends string = string,
  P extends TSchema = TSchema,
  R extends TSchema = TSchema,
> = MessageDefinition<N, P, R> & { readonly check: DataCheck };

/** Declares a message. Its validation, its documentation and a contract test come from the declaration. */
export function defineMessage<const N extends string, P extends TSchema, R extends TSchema>(
  definition: MessageDefinition<N, P, R>,
): Message<N, P, R> {
  return { ...definition, check: dataCheck(definition.params) };
}
