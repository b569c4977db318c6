import type { Config } from '../config/config.ts';
import { SfuError } from '../core/errors.ts';
import { defaultGrants, type Identity } from '../core/grants.ts';
import { verifyToken } from './tokens.ts';

/** Who a client says it is when it opens a socket. */
export interface ClaimedIdentity {
  readonly roomId: string;
  readonly peerId: string;
  readonly token: string | undefined;
  readonly address: string;
}

/**
 * Finds out who opened a socket, by its token. In development mode anyone may be anybody.
 * @param now milliseconds since the epoch
 * @throws SfuError unauthorized, forbidden
 */
export async function identifyPeer(
  { roomId, peerId, token, address }: ClaimedIdentity,
  { config, now }: { config: Pick<Config, 'developmentMode' | 'apiKeys'>; now: number },
): Promise<Identity> {
  if (config.developmentMode)
    return { roomId, peerId, subject: peerId, metadata: {}, grants: defaultGrants, address };
  if (token === undefined) {
    throw new SfuError('unauthorized', 'a token is needed; ask the application that invited you');
  }
  const target = { roomId, peerId };
  const verified = await verifyToken(token, { apiKeys: config.apiKeys, target, now });
  return { roomId, peerId, subject: peerId, address, ...verified };
}
