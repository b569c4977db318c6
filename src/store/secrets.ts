import { timingSafeEqual } from 'node:crypto';

/** A random secret of 256 bits, in characters that are safe in cookies and addresses. */
export function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** The hash under which a random secret is stored. It can be a fast one: nobody can try 2^256 secrets. */
export function hashSecret(secret: string): string {
  return new Bun.CryptoHasher('sha256').update(secret).digest('hex');
}

/** Compares two secrets in constant time. */
export function equalSecrets(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(given)), Buffer.from(hashSecret(expected)));
}
