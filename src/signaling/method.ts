import type { Static, TSchema } from '@sinclair/typebox';
import type { IceServers } from '../access/ice-servers.ts';
import type { Commands } from '../commands/commands.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import { type DataCheck, dataCheck } from '../wire/check.ts';

/** What a method acts on: the asking peer in its room, and what is to be done once the reply is on its way. */
export interface MethodContext {
  readonly room: Room;
  readonly peer: Peer;
  /** The commands of moderators, which are audited. */
  readonly commands: Commands;
  /** The client connected for the fast join: the reply of `join` carries its consumers. */
  readonly fast: boolean;
  /** The client wants notifications of the bandwidth estimate of its receiving transports. */
  readonly wantsBandwidth: boolean;
  /** ICE servers for this client. */
  readonly iceServers: () => IceServers;
  /** Runs the task after the reply was sent, for what the client must hear later than the reply. */
  readonly afterReply: (task: () => void) => void;
}

/** One method of the protocol: all that is to know of it. */
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
  /** `joined` needs a peer that has joined, `connected` only a socket that was admitted. */
  readonly state: 'connected' | 'joined';
  /** What the token must grant. `publish` for a source is checked in the domain, where the source is known. */
  readonly grant: 'none' | 'publish' | 'subscribe' | 'moderate';
  /** Clients of the newer generations send it as a notification: then it is carried out and not answered. */
  readonly asNotification?: boolean;
  /** Errors beside those that any method can give. */
  readonly errors: readonly ErrorCode[];
  /** Data that a test sends; a text such as `{sendTransport}` stands for the id of such an object. */
  readonly example: unknown;
  run(context: MethodContext, params: Static<P>): Promise<Static<R>> | Static<R>;
}

export type Method<
  N extends string = string,
  P extends TSchema = TSchema,
  R extends TSchema = TSchema,
> = MethodDefinition<N, P, R> & { readonly check: DataCheck };

/** Declares a method. Validation, documentation, the client's types and a contract test follow from it. */
export function defineMethod<const N extends string, P extends TSchema, R extends TSchema>(
  definition: MethodDefinition<N, P, R>,
): Method<N, P, R> {
  return { ...definition, check: dataCheck(definition.params) };
}
