import type { LocalDataPublication, LocalPublication, Peer } from './peer.ts';

/** What the peers of a room on this node send, by id: few of those in a large room send anything. */
export class PublishedHere {
  readonly media = new Map<string, LocalPublication>();
  readonly data = new Map<string, LocalDataPublication>();

  /** A publication, if its peer is in the call. */
  inCall(id: string): LocalPublication | undefined {
    const found = this.media.get(id);
    return found && isInCall(found) ? found : undefined;
  }

  /** A data channel, if its peer is in the call. */
  dataInCall(id: string): LocalDataPublication | undefined {
    const found = this.data.get(id);
    return found && isInCall(found) ? found : undefined;
  }
}

/** Whether its peer is in the call, and not on its way from or to another node. */
function isInCall({ peer }: { readonly peer: Peer }): boolean {
  return peer.joined && !peer.passage;
}

/** Those of peers that are in the call, and not on their way from or to another node. */
export function ofJoined<P extends { readonly peer: Peer }>(published: ReadonlyMap<string, P>): P[] {
  return [...published.values()].filter(isInCall);
}
