import type { Static, TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler';
import { SfuError } from '../core/errors.ts';
import { isGoodId } from '../core/text.ts';
import { briefText } from './schema-text.ts';

/** Checks data against a schema. */
export type DataCheck<T extends TSchema = TSchema> = Pick<TypeCheck<T>, 'Check' | 'Errors'>;

/** Makes the check of a schema. It is compiled on first use: a start needs none, and most servers use only half. */
export function dataCheck<T extends TSchema>(schema: T): DataCheck<T> {
  let compiled: TypeCheck<T> | undefined;
  const check = () => {
    compiled ??= TypeCompiler.Compile(schema);
    return compiled;
  };
  return {
    Check: (value): value is Static<T> => check().Check(value),
    Errors: (value) => check().Errors(value),
  };
}

/**
 * Returns the data, typed, when it matches the schema.
 * @param what opens the error message, such as the name of the method
 * @throws SfuError invalid_params that names the first wrong field, what is expected there and what came
 */
export function checked<T extends TSchema>(check: DataCheck<T>, data: unknown, what: string): Static<T> {
  if (check.Check(data)) return data;
  throw invalidParams(check, data, what);
}

/** The error for data that does not match its schema. */
export function invalidParams(check: DataCheck, data: unknown, what: string): SfuError {
  const first = check.Errors(data).First();
  const field = first?.path ? first.path.slice(1).replaceAll('/', '.').slice(0, 100) : 'data';
  const expected = first ? expectation(first) : 'other data';
  return new SfuError('invalid_params', `${what}: ${field}: ${expected}, got ${excerpt(first?.value)}`);
}

/** What would be right, as TypeBox says it; but for a union it only says that it is one. */
function expectation({ type, schema, message }: ValueError): string {
  if (type === ValueErrorType.Union) return `expected ${briefText(schema)}`;
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** What the id of a room, a peer or a controller must look like (src/core/text.ts), for error messages. */
export const idRule =
  'must have 1 to 128 characters, without control characters, double spaces, or spaces at either end, and not be . or ..';

/** Returns an id that a caller chose. @throws SfuError invalid_params when signaling would not accept it */
export function requireId(name: string, id: string): string {
  if (isGoodId(id)) return id;
  throw new SfuError('invalid_params', `${name}: ${idRule}; got ${excerpt(id)}`);
}

function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
