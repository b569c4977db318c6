import type { Static, TObject } from '@sinclair/typebox';
import { requireScope } from '../access/scopes.ts';
import { invalidParams } from '../wire/check.ts';
import type { Operation, OperationContext } from './operation.ts';

/**
 * Checks the caller's scope and the params, and runs. REST and the control socket call it. Up to the operation's own
 * first await everything happens in the same turn of the event loop.
 * @param before runs between the checks and the operation; what it throws is the outcome
 * @throws SfuError forbidden, invalid_params, and those of the operation
 */
export async function runOperation(
  operation: Operation,
  context: OperationContext,
  params: unknown,
  before?: () => void,
): Promise<unknown> {
  requireScope(context.caller, operation.scope);
  if (!operation.check.Check(params)) throw invalidParams(operation.check, params, operation.name);
  before?.();
  return await operation.run(context, params as Static<TObject>);
}
