import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { Caller, Scope } from '../access/scopes.ts';
import type { MeshView, NodeInfo } from '../cluster/reads/view.ts';
import type { CaptureCommands } from '../commands/captures.ts';
import type { Commands } from '../commands/commands.ts';
import type { Requester } from '../commands/targets.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Store } from '../store/store.ts';
import type { PeerCourses } from '../timelines/courses.ts';
import { type DataCheck, dataCheck } from '../wire/check.ts';
import type { Holdings } from './holdings/holdings.ts';
import type { TopRooms } from './schemas.ts';

/** A type with every field readonly, as in the domain's snapshots. */
export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** What operations act on. They read the domain as plain data and change it with commands. */
export interface ControlServices {
  readonly sfu: Pick<Sfu, 'read' | 'drainDeadline' | 'unreadyReasons'>;
  readonly commands: Commands;
  readonly store: Store;
  readonly config: Config;
  readonly clock: Clock;
  /** How the stays of the peers on this node go. */
  readonly courses: Pick<PeerCourses, 'of'>;
  /** What peers on this node send, as files. */
  readonly captures: CaptureCommands;
  /** What the other nodes have; undefined for a server that is alone. */
  readonly mesh:
    | Pick<MeshView, 'self' | 'gather' | 'list' | 'statistics' | 'audit' | 'timeline' | 'course'>
    | undefined;
  /** Every node of the mesh; a server that is alone is the only one. */
  readonly nodes: () => readonly NodeInfo[];
  /** The worst rooms, from the last samples of the metrics. */
  readonly topRooms: () => DeepReadonly<Static<typeof TopRooms>>;
  /** The endpoints and sessions of programs. */
  readonly holdings: Holdings;
}

/** The services, and the caller. */
export interface OperationContext extends ControlServices {
  readonly caller: Caller;
  /** Which of the controllers that use the caller's key; undefined for REST. */
  readonly controllerId?: string;
  /** Takes a sentence for the caller about what was done, but not as it should be. */
  readonly warn?: (sentence: string) => void;
}

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One operation on this server, for programs. It is a route of REST and a method of the control socket; the OpenAPI
 * document, the typed client and docs/api.md are made from the table of operations.
 *
 * `params` is one object without unknown keys. In REST the params that `path` names (`:roomId`) come from the address;
 * the others come from the query for GET and DELETE, and else from the JSON body.
 */
export interface OperationDefinition<
  N extends string = string,
  V extends Verb = Verb,
  P extends string = string,
  I extends TObject = TObject,
  R extends TSchema = TSchema,
> {
  readonly name: N;
  readonly verb: V;
  /** Below /api/v1, such as `/rooms/:roomId`. */
  readonly path: P;
  readonly doc: string;
  readonly scope: Scope;
  readonly params: I;
  readonly result: R;
  /**
   * HTTP status of success, 200 by default. 201 answers with the new object, and `Location` is the operation's path
   * followed by its `id`; 204 answers with nothing.
   */
  readonly status?: 200 | 201 | 202 | 204;
  /**
   * For a GET of one object that can change: it has an ETag, and PUT, PATCH and DELETE of the same path obey If-Match.
   * `run` must be synchronous for what is on this node, so that nothing can happen between the comparison and the change.
   */
  readonly versioned?: boolean;
  /** What of the result its ETag is made of; all of it by default. Nodes of a mesh have to agree on it. */
  versionOf?(result: DeepReadonly<Static<R>>, context: OperationContext): unknown;
  /** Marked as deprecated in the documents; `doc` says what to use instead. */
  readonly deprecated?: true;
  /** Errors besides those that any operation can have. */
  readonly errors: readonly ErrorCode[];
  /** Params that a test sends; a string such as `{producer}` stands for the id of such an object. */
  readonly example: unknown;
  run(
    context: OperationContext,
    params: Static<I>,
  ): Promise<DeepReadonly<Static<R>>> | DeepReadonly<Static<R>>;
}

export type Operation<
  N extends string = string,
  V extends Verb = Verb,
  P extends string = string,
  I extends TObject = TObject,
  R extends TSchema = TSchema,
> = OperationDefinition<N, V, P, I, R> & { readonly check: DataCheck };

/** Declares an operation. */
export function defineOperation<
  const N extends string,
  const V extends Verb,
  const P extends string,
  I extends TObject,
  R extends TSchema,
>(definition: OperationDefinition<N, V, P, I, R>): Operation<N, V, P, I, R> {
  return { ...definition, check: dataCheck(definition.params) };
}

/** The caller as the requester of a command. */
export function requesterOf({ caller, warn }: OperationContext, reason?: string): Requester {
  return { by: caller.by, address: caller.address, warn, ...(reason !== undefined && { reason }) };
}
