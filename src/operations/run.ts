import type { Static, TObject } from '@sinclair/typebox';
import { requireScope } from '../access/scopes.ts';
import { checked } from '../wire/check.ts';
import type { Operation, OperationContext } from './operation.ts';

export interface OperationCall {
  readonly context: OperationContext;
  readonly params: unknown;
  /** Runs between the checks and the operation. If it throws, the operation does not run. */
  readonly beforeRun?: () => void | Promise<void>;
}

/**
 * Checks the caller's scope and the params, and runs an operation; for REST and the control socket alike. Up to the
 * operation's own first await everything happens in the same turn of the event loop.
 * @throws SfuError forbidden, invalid_params, and those of the operation
 */
export async function runOperation(operation: Operation, call: OperationCall): Promise<unknown> {
  const { context, params, beforeRun } = call;
  requireScope(context.caller, operation.scope);
  const valid = checked(operation.check, params, operation.name) as Static<TObject>;
  const waiting = beforeRun?.();
  if (waiting) await waiting;
  return await operation.run(context, valid);
}
