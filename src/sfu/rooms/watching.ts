import type { Peer } from './peer.ts';
import type { Joined } from './peer-state.ts';
import type { DataPublication, Publication, PublicationInfo } from './publication.ts';
import type { Room } from './room.ts';

/** Whether a peer takes a publication without asking for it by itself. */
export function takes({ receiving }: Peer, state: Joined, info: PublicationInfo): boolean {
  const { autoSubscribe, videoLimit, watched } = state;
  if (info.kind === 'video' && watched) return isWatched(watched, info);
  if (!autoSubscribe) return false;
  if (info.kind === 'audio' || videoLimit === undefined) return true;
  // What somebody goes on with who moved to another node is not one more.
  const isNext = info.replaces !== undefined && receiving.has(info.replaces);
  // Consumers end a moment after what they come from, which its owner may have replaced by then.
  const live = [...receiving.values()].filter((each) => isVideo(each) && !each.handle.closed);
  return isNext || live.length < videoLimit;
}

function isVideo({ info }: Publication | DataPublication): boolean {
  return 'kind' in info && info.kind === 'video';
}

/** The order in which a peer is offered what is there: where not all videos are, shared screens come first. */
export function inOrder(state: Joined, publications: readonly Publication[]): readonly Publication[] {
  if (state.videoLimit === undefined) return publications;
  const rank = ({ info: { kind, source } }: Publication) => (kind === 'video' && source === 'screen' ? 0 : 1);
  return publications.toSorted((one, other) => rank(one) - rank(other));
}

/** What a peer watches, with what it comes from until its sender has moved. */
export function watchedOf(room: Pick<Room, 'findPublication'>, producerIds: readonly string[]): Set<string> {
  const former = producerIds.flatMap((id) => room.findPublication(id)?.info.replaces ?? []);
  return new Set([...producerIds, ...former]);
}

/** Whether a peer has said that it does not want it. */
export function isUnwanted({ watched }: Joined, info: PublicationInfo): boolean {
  return info.kind === 'video' && watched !== undefined && !isWatched(watched, info);
}

function isWatched(watched: ReadonlySet<string>, { id, replaces }: PublicationInfo): boolean {
  return watched.has(id) || (replaces !== undefined && watched.has(replaces));
}
