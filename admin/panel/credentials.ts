import { SfuError } from '../../src/core/errors.ts';
import type { Form } from './form.ts';

export const shortestPassword = 12;
export const longestPassword = 256;

/** @throws SfuError invalid_params */
export function readName(form: Form): string {
  const name = form.text('name', 64);
  if (name !== '') return name;
  throw new SfuError('invalid_params', 'a user needs a name');
}

/** @throws SfuError invalid_params */
export function readPassword(form: Form): string {
  const password = form.raw('password');
  if (password.length >= shortestPassword && password.length <= longestPassword) return password;
  throw new SfuError('invalid_params', `a password has ${shortestPassword} to ${longestPassword} characters`);
}
