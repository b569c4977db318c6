import { SfuError, toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { checked } from '../wire/check.ts';
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
 * Finds the method, validates the data, authorises the peer and runs the method. It never throws: an error becomes an
 * outcome, and the reply. A method that answers without a promise gets its outcome without one, because promises would
 * be a third of the cost of a small request.
 */
export function dispatch(
  frame: RequestFrame | NotificationFrame,
  context: DispatchContext,
): Outcome | Promise<Outcome> {
  const { room, peer } = context;
  // A person may be asked for a microphone between two of its requests.
  room.expectJoin(peer);
  try {
    const method = methodOf(frame);
    const data = readData(method.name, frame.data, context.dialect);
    const params = checked(method.check, data, method.name);
    authorise(method, context.peer);
    const success = (result: unknown): Outcome => ({
      ok: true,
      data: writeResult(method.name, result, context.dialect),
    });
    const result = method.run(context, params);
    if (!(result instanceof Promise)) return success(result);
    return result.then(success).catch((thrown: unknown) => failure(frame, context, thrown));
  } catch (thrown) {
    return failure(frame, context, thrown);
  }
}

function failure(
  frame: RequestFrame | NotificationFrame,
  context: DispatchContext,
  thrown: unknown,
): Outcome {
  const error = toSfuError(thrown);
  if (error.code === 'internal')
    context.log.error('a method failed', { method: frame.method, error: error.cause });
  return { ok: false, error };
}

function methodOf(frame: RequestFrame | NotificationFrame): Method {
  const method = findMethod(frame.method);
  if (!method) {
    const name = JSON.stringify(frame.method.slice(0, 64));
    throw new SfuError('unknown_method', `there is no method ${name}; docs/protocol.md lists them`);
  }
  if ('notification' in frame && !method.asNotification) {
    throw new SfuError('invalid_message', `${method.name} has a reply; send it as a request`);
  }
  return method;
}

function authorise(method: Method, peer: Peer): void {
  if (peer.closed) throw new SfuError('gone', 'you are not in the room any more; connect again');
  if (method.state === 'joined') peer.requireJoined();
  if (peer.passage) authoriseMoving(method, peer.passage.to);
  const { grants } = peer.identity;
  if (method.grant === 'subscribe' && !grants.subscribe) throw missingGrant(method, 'subscribe');
  if (method.grant === 'moderate' && !grants.moderate) throw missingGrant(method, 'moderate');
  if (method.grant === 'publish' && peer.publish === false) throw missingGrant(method, 'publish');
}

/** A peer has one voice: that of the session that has not been taken over, or has taken over. */
function authoriseMoving(method: Method, to: 'here' | 'there'): void {
  if (to === 'there' && method.grant !== 'none')
    throw new SfuError('gone', 'you go on on another server; close this connection');
  if (method.shows || method.grant === 'moderate')
    throw new SfuError(
      'wrong_state',
      `${method.name} is for after commitMove, on the connection that is in use`,
    );
}

function missingGrant(method: Method, grant: string): SfuError {
  return new SfuError('forbidden', `${method.name} needs the grant ${grant}; ask for a token that has it`);
}
