import type { Static, TObject } from '@sinclair/typebox';
import { requireScope } from '../auth/scopes.ts';
import { SfuError } from '../errors.ts';
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
  if (!operation.check.Check(params)) throw invalidParams(operation.name, operation.check, params);
  before?.();
  return await operation.run(context, params as Static<TObject>);
}

/** What the first thing is that is wrong with params. */
export function invalidParams(name: string, check: Operation['check'], params: unknown): SfuError {
  const first = check.Errors(params).First();
  const where = first?.path ? first.path.slice(1).replaceAll('/', '.').slice(0, 100) : 'the params';
  const wants = first ? first.message.charAt(0).toLowerCase() + first.message.slice(1) : 'other params';
  return new SfuError('invalid_params', `${name}: ${where}: ${wants}, got ${excerpt(first?.value)}`);
}

function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
