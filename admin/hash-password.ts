import { hashPassword } from '../src/store/users.ts';

/** Prints the hash of a password that is given on standard input, for TUREEN_ADMIN_PASSWORD_HASH. */
if (import.meta.main) {
  const password = (await Bun.stdin.text()).replace(/\r?\n$/, '');
  if (password.length < 12) {
    console.error(
      `the password has ${password.length} characters and needs at least 12: printf %s 'the password' | bun run admin/hash-password.ts`,
    );
    process.exit(1);
  }
  console.log(await hashPassword(password));
}
