import { timingSafeEqual } from 'node:crypto';

/** A secret that cannot be guessed: 256 random bits, as text that fits into cookies and addresses. */
export function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** How a random secret is kept. It needs no slow hash: nobody can try 2^256 of them. */
export function hashSecret(secret: string): string {
  return new Bun.CryptoHasher('sha256').update(secret).digest('hex');
}

/** Compares without telling by its duration where the difference is. */
export function equalSecrets(given: string, wanted: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(given)), Buffer.from(hashSecret(wanted)));
}
