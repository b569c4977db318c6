import type { SigningKey } from '../../scripts/machine/command-line.ts';
import { mintToken } from '../../src/access/tokens.ts';

/** Tokens outlast any test. */
const lifetime = 25 * 3600;

/** Signs the token of a peer. @returns undefined without a key, as for a server in development mode */
export async function tokenOf(
  signing: SigningKey | undefined,
  { roomId, peerId }: { readonly roomId: string; readonly peerId: string },
): Promise<string | undefined> {
  if (signing === undefined) return undefined;
  return await mintToken({ ...signing, roomId, peerId, lifetime, now: Date.now() });
}
