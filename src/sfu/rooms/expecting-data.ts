import type { Peer } from './peer.ts';
import type { DataPublication } from './publication.ts';

/** Those who send data wait for a peer that will receive it in a moment. */
export function expectData(publications: readonly DataPublication[], peer: Peer): void {
  if (!peer.takesData) return;
  for (const { audience, info } of publications)
    if (info.sessionId !== peer.sessionId && info.offered) audience.expect(peer.sessionId);
}
