import type { LocalDataPublication, LocalPublication, Peer } from './peer.ts';

/** What the peers of a room on this node send, by id: few of those in a large room send anything. */
export class PublishedHere {
  readonly media = new Map<string, LocalPublication>();
  readonly data = new Map<string, LocalDataPublication>();
}

/** Those of peers that are in the call, and not on their way from or to another node. */
export function ofJoined<P extends { readonly peer: Peer }>(published: ReadonlyMap<string, P>): P[] {
  return [...published.values()].filter(({ peer }) => peer.joined && !peer.passage);
}
