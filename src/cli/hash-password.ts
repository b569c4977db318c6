import { hashPassword } from '../store/users.ts';

const leastCharacters = 12;

/**
 * Prints the hash of a password that is given on standard input, for TUREEN_ADMIN_PASSWORD_HASH. @returns the exit code
 */
export async function hashPasswordCommand(input: string): Promise<number> {
  const password = input.replace(/\r?\n$/, '');
  if (password.length >= leastCharacters) {
    console.log(await hashPassword(password));
    return 0;
  }
  console.error(
    `the password has ${password.length} characters and needs at least ${leastCharacters}: printf %s 'the password' | tureen hash-password\nIn a checkout of the sources it is | npm run --silent hash-password`,
  );
  return 1;
}
