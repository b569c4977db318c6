import type { PeerSnapshot, RoomSnapshot, UnreachableSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Badge } from '../panel/parts.tsx';
import { nameOf } from './quality.ts';

/** Lines of a list; more are counted. */
const maxShown = 8;
/** Tracks that a line names; more are counted. */
const maxTracks = 6;

/** One line for each node to which something cannot be brought, and for each cause. */
function linesOf(room: RoomSnapshot, all: readonly UnreachableSnapshot[]): string[] {
  const names = new Map(room.peers.map((peer) => [peer.id, nameOf(peer)]));
  const groups = Map.groupBy(all, ({ node, cause }) => JSON.stringify([node, cause]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { node, cause } = first;
    const tracks = group.map(({ source, peerId }) => `${source} of ${names.get(peerId) ?? peerId}`);
    const named = tracks.slice(0, maxTracks).join(', ');
    const more = tracks.length > maxTracks ? ` and ${tracks.length - maxTracks} more` : '';
    const to = node === undefined ? 'here' : `to node ${node}`;
    return [`Cannot be brought ${to}: ${named}${more}. It is tried again. Cause: ${cause}.`];
  });
}

/** Says what cannot be brought to some node: of a whole room, or of what one peer sends and should get. */
export function Unreachable({ room, peer }: { room: RoomSnapshot; peer?: PeerSnapshot }): JSX.Element {
  const all = (room.unreachable ?? []).filter(
    ({ peerId, node }) => !peer || peerId === peer.id || (node !== undefined && node === peer.node),
  );
  const lines = linesOf(room, all);
  if (lines.length === 0) return '';
  return (
    <ul class="alerts">
      {lines.slice(0, maxShown).map((line) => (
        <li class="alert" safe>
          {line}
        </li>
      ))}
      {lines.length > maxShown ? (
        <li class="alert" safe>{`${lines.length - maxShown} more like these.`}</li>
      ) : (
        ''
      )}
    </ul>
  );
}

/** Says beside a peer which of its media some node lacks. */
export function UnreachableBadges({ room, peer }: { room: RoomSnapshot; peer: PeerSnapshot }): JSX.Element {
  const own = (room.unreachable ?? []).filter(({ peerId }) => peerId === peer.id);
  const texts = own.map(
    ({ source, node }) => `${source} missing ${node === undefined ? 'here' : `on ${node}`}`,
  );
  return (
    <>
      {[...new Set(texts)].slice(0, maxShown).map((text) => (
        <Badge text={text} tone="bad" />
      ))}
    </>
  );
}
