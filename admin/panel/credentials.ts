import { SfuError } from '../../src/core/errors.ts';
import type { Form } from './form.ts';

export const minPasswordLength = 12;
export const maxPasswordLength = 256;

/** @throws SfuError invalid_params */
export function readName(form: Form): string {
  const name = form.text('name', 64);
  if (name !== '') return name;
  throw new SfuError('invalid_params', 'the name is missing; fill it in');
}

/** @throws SfuError invalid_params */
export function readPassword(form: Form): string {
  const password = form.raw('password');
  if (password.length >= minPasswordLength && password.length <= maxPasswordLength) return password;
  throw new SfuError(
    'invalid_params',
    `a password has ${minPasswordLength} to ${maxPasswordLength} characters`,
  );
}
