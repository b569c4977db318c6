import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { invalidParams } from '../wire/check.ts';
import type { NotificationFrame, RequestFrame } from '../wire/envelope.ts';
import { type Dialect, readData, writeResult } from './compat.ts';
import type { Method, MethodContext } from './method.ts';
import { findMethod } from './methods/index.ts';

export interface DispatchContext extends MethodContext {
  readonly dialect: Dialect;
  readonly log: Logger;
}

export type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: SfuError };

/**
 * Looks up, validates, authorises, runs. The only place where an error becomes a reply: it never throws. What a method
 * answers at once is returned at once, for promises would be a third of what a small request costs.
 */
export function dispatch(
  frame: RequestFrame | NotificationFrame,
  context: DispatchContext,
): Outcome | Promise<Outcome> {
  try {
    const method = lookUp(frame);
    const data = readData(method.name, frame.data, context.dialect);
    if (!method.check.Check(data)) throw invalidParams(method.check, data, method.name);
    authorise(method, context.peer);
    const succeeded = (result: unknown): Outcome => ({
      ok: true,
      data: writeResult(method.name, result, context.dialect),
    });
    const result = method.run(context, data);
    if (!(result instanceof Promise)) return succeeded(result);
    return result.then(succeeded).catch((thrown: unknown) => failed(frame, context, thrown));
  } catch (thrown) {
    return failed(frame, context, thrown);
  }
}

function failed(frame: RequestFrame | NotificationFrame, context: DispatchContext, thrown: unknown): Outcome {
  const error = toSfuError(thrown);
  if (error.code === 'internal')
    context.log.error('a method failed', { method: frame.method, error: error.cause });
  return { ok: false, error };
}

function lookUp(frame: RequestFrame | NotificationFrame): Method {
  const method = findMethod(frame.method);
  if (!method) {
    const name = JSON.stringify(frame.method.slice(0, 64));
    throw new SfuError('unknown_method', `there is no method ${name}; docs/protocol.md lists them`);
  }
  if ('notification' in frame && !method.asNotification) {
    throw new SfuError('invalid_message', `${method.name} has an answer, so it must be sent as a request`);
  }
  return method;
}

function authorise(method: Method, peer: Peer): void {
  if (peer.closed) throw new SfuError('gone', 'you are not in the room any more');
  if (method.state === 'joined') peer.requireJoined();
  const { grants } = peer.identity;
  if (method.grant === 'subscribe' && !grants.subscribe) throw missing(method, 'subscribe');
  if (method.grant === 'moderate' && !grants.moderate) throw missing(method, 'moderate');
  if (method.grant === 'publish' && peer.publish === false) throw missing(method, 'publish');
}

function missing(method: Method, grant: string): SfuError {
  return new SfuError('forbidden', `${method.name} needs the grant ${grant}; ask for a token that has it`);
}
