import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { PanelContext } from '../panel/panel.ts';
import { nameOf } from './quality.ts';
import { indexOf } from './room-index.ts';

/**
 * The peers of a room with all connections of a subject one after the other, at the place of its first one: what a
 * moderator decides about one of them holds for all.
 */
export function bySubject(peers: readonly PeerSnapshot[]): PeerSnapshot[] {
  return [...Map.groupBy(peers, ({ subject }) => subject).values()].flat();
}

/** A program may have many. */
const maxShown = 12;

/** Links to the other connections of a peer's subject in the room; nothing where there are none. */
export function OtherConnections(props: {
  readonly context: PanelContext;
  readonly room: RoomSnapshot;
  readonly peer: PeerSnapshot;
}): JSX.Element {
  const { context, room, peer } = props;
  const all = indexOf(room).bySubject.get(peer.subject) ?? [];
  const others = all.filter(({ id }) => id !== peer.id).slice(0, maxShown);
  if (others.length === 0) return '';
  return (
    <p class="connections">
      <span safe>{`Also connected as (subject ${peer.subject}):`}</span>
      {others.map((other) => (
        <a href={context.link('/peer', { room: room.id, peer: other.id })} safe>
          {nameOf(other) === other.id ? other.id : `${nameOf(other)}, ${other.id}`}
        </a>
      ))}
      {all.length - 1 > others.length ? <span safe>{`and ${all.length - 1 - others.length} more`}</span> : ''}
    </p>
  );
}
