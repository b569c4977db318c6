import type { LocalDataPublication, Peer } from './peer.ts';

/** Those who send data wait for a peer that will receive it in a moment. */
export function expectData(publications: readonly LocalDataPublication[], peer: Peer): void {
  if (!peer.takesData) return;
  for (const { peer: sender, audience, info } of publications)
    if (sender !== peer && info.offered) audience.expect(peer.sessionId);
}
