import type { Static, TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { SfuError } from '../core/errors.ts';

/** Checks data against a schema. */
export type DataCheck<T extends TSchema = TSchema> = Pick<TypeCheck<T>, 'Check' | 'Errors'>;

/**
 * The check of a schema. It is compiled when it is first used: most servers use half of their schemas, and none of them
 * while they start.
 */
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
 * The data, typed, when it fits.
 * @param what is named first in the error, such as the method
 * @throws SfuError invalid_params that names the first field that does not fit, what it wants and what came
 */
export function checked<T extends TSchema>(check: DataCheck<T>, data: unknown, what: string): Static<T> {
  if (check.Check(data)) return data;
  throw invalidParams(check, data, what);
}

/** Says what does not fit. */
export function invalidParams(check: DataCheck, data: unknown, what: string): SfuError {
  const first = check.Errors(data).First();
  const where = first?.path ? first.path.slice(1).replaceAll('/', '.').slice(0, 100) : 'data';
  const wants = first ? first.message.charAt(0).toLowerCase() + first.message.slice(1) : 'other data';
  return new SfuError('invalid_params', `${what}: ${where}: ${wants}, got ${excerpt(first?.value)}`);
}

function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
