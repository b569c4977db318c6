import type { Static, TSchema } from '@sinclair/typebox';
import type { IceServers } from '../access/ice-servers.ts';
import type { Commands } from '../commands/commands.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { type DataCheck, dataCheck } from '../wire/check.ts';

/** What a method acts on: the peer that sent the message, its room, and what its client supports. */
export interface MethodContext {
  readonly room: Room;
  readonly peer: Peer;
  /** The commands of moderators, which are audited. */
  readonly commands: Commands;
  /** The client connected for the fast join: the reply of `join` carries its consumers. */
  readonly fast: boolean;
  /** The client wants the bandwidth estimate of its receiving transports (`downlinkBwe`). */
  readonly wantsBandwidth: boolean;
  /** The client is told of the others together, and of the audience only how many they are. */
  readonly takesRoster: boolean;
  /** Whether a data channel of this client is offered to nobody. */
  readonly leavesOut: (channel: { label?: string; appData?: Readonly<Record<string, unknown>> }) => boolean;
  /** ICE servers for this client, with credentials that are valid from now on. */
  readonly iceServers: () => IceServers;
  /** The client has so many of the frames that were sent to it. */
  readonly acknowledge: (count: number) => void;
  /** Its client says how long a track was missing, in milliseconds, when it moved here. */
  readonly reportGap: (milliseconds: number) => void;
  /** Runs the task after the reply is sent, for messages that the client must get after the reply. */
  readonly afterReply: (task: () => void) => void;
}

/** Everything about one method of the protocol. */
export interface MethodDefinition<
  N extends string = string,
  P extends TSchema = TSchema,
  R extends TSchema = TSchema,
> {
  readonly name: N;
  /** Other names under which clients call it. */
  readonly aliases?: readonly string[];
  readonly doc: string;
  readonly params: P;
  readonly result: R;
  /** `joined` needs a peer that has joined, `connected` only an accepted connection. */
  readonly state: 'connected' | 'joined';
  /** What the token must grant. The domain checks which sources may be published. */
  readonly grant: 'none' | 'publish' | 'subscribe' | 'moderate';
  /** The others see what it does: not before a peer that moves here has taken over, nor afterwards on its former connection. */
  readonly shows?: boolean;
  /** Whether newer clients send it as a notification, which has no reply. */
  readonly asNotification?: boolean;
  /** Errors besides those that any method can have. */
  readonly errors: readonly ErrorCode[];
  /** Data that a test sends; a string such as `{sendTransport}` stands for the id of such an object. */
  readonly example: unknown;
  run(context: MethodContext, params: Static<P>): Promise<Static<R>> | Static<R>;
}

export type Method<
  N extends string = string,
  P extends TSchema = TSchema,
  R extends TSchema = TSchema,
> = MethodDefinition<N, P, R> & { readonly check: DataCheck };

/** Declares a method. Its validation, documentation, client types and a contract test come from the declaration. */
export function defineMethod<const N extends string, P extends TSchema, R extends TSchema>(
  definition: MethodDefinition<N, P, R>,
): Method<N, P, R> {
  return { ...definition, check: dataCheck(definition.params) };
}
