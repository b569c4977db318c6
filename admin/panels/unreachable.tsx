import type { PeerSnapshot, RoomSnapshot, UnreachableSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { Badge } from '../panel/parts.tsx';
import { nameOf } from './quality.ts';
import { indexOf } from './room-index.ts';

/** Lines of a list; more are counted. */
const maxShown = 8;
/** Tracks, and nodes, that a line names; more are counted. */
const maxNamed = 6;

const few = (names: readonly string[]) =>
  names.length > maxNamed
    ? `${names.slice(0, maxNamed).join(', ')} and ${names.length - maxNamed} more`
    : names.join(', ');

/** One line for each cause: what it keeps from which nodes. */
function linesOf(room: RoomSnapshot, all: readonly UnreachableSnapshot[]): string[] {
  const { byId } = indexOf(room);
  const trackOf = ({ source, peerId }: UnreachableSnapshot) => {
    const peer = byId.get(peerId);
    return `${source} of ${peer ? nameOf(peer) : peerId}`;
  };
  const byCause = Map.groupBy(all, ({ cause }) => cause);
  return [...byCause].map(([cause, group]) => {
    const byNode = Map.groupBy(group, ({ node }) => node);
    // What the same is kept from is said together.
    const byTracks = Map.groupBy(byNode, ([, tracks]) => few(tracks.map(trackOf).toSorted()));
    const parts = [...byTracks].map(
      ([tracks, nodes]) => `${placeOf(nodes.map(([node]) => node))}: ${tracks}`,
    );
    return `Cannot be brought ${parts.join('; ')}. It is tried again. Cause: ${cause}.`;
  });
}

function placeOf(nodes: readonly (string | undefined)[]): string {
  const others = nodes.filter((node) => node !== undefined);
  const elsewhere = others.length > 0 ? `to node${others.length > 1 ? 's' : ''} ${few(others)}` : '';
  return others.length === nodes.length ? elsewhere : ['here', elsewhere].filter(Boolean).join(' and ');
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
