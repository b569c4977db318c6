import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Caller, Scope } from '../auth/scopes.ts';
import type { Config } from '../config.ts';
import type { ErrorCode } from '../errors.ts';
import type { Moderation } from '../moderation/moderation.ts';
import type { Clock } from '../sfu/clock.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Store } from '../store/store.ts';

/** What operations act on. */
export interface ControlServices {
  readonly sfu: Sfu;
  readonly moderation: Moderation;
  readonly store: Store;
  readonly config: Config;
  readonly clock: Clock;
}

/** The services, and who asks. */
export interface OperationContext extends ControlServices {
  readonly caller: Caller;
}

type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One operation on this server, for programs. REST has it as a route, the control socket as a method, and the OpenAPI
 * document, the typed client and docs/api.md follow from the table.
 *
 * `params` is one object. In REST those that `path` names (`:roomId`) come from the address; the others come from the
 * query for GET and DELETE and from the JSON body otherwise.
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
  /** HTTP status of success: 201 answers with a Location, 204 with nothing. 200 unless told. */
  readonly status?: 200 | 201 | 202 | 204;
  /** Errors beside those that any operation can give. */
  readonly errors: readonly ErrorCode[];
  /** Params that a test sends. */
  readonly example: unknown;
  run(context: OperationContext, params: Static<I>): Promise<Static<R>> | Static<R>;
}

export type Operation<
  N extends string = string,
  V extends Verb = Verb,
  P extends string = string,
  I extends TObject = TObject,
  R extends TSchema = TSchema,
> = OperationDefinition<N, V, P, I, R> & { readonly check: ReturnType<typeof TypeCompiler.Compile> };

/** Declares an operation. */
export function defineOperation<
  const N extends string,
  const V extends Verb,
  const P extends string,
  I extends TObject,
  R extends TSchema,
>(definition: OperationDefinition<N, V, P, I, R>): Operation<N, V, P, I, R> {
  return { ...definition, check: TypeCompiler.Compile(definition.params) };
}
