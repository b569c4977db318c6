import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Notifier } from './notifier.ts';
import type { RosterFeed } from './roster-feed.ts';

interface Of {
  readonly roomId: string;
  readonly peerId: string;
  readonly producerId: string;
}

/** Tells a call what of the media of other nodes cannot be brought to this one. Who joins later finds it with the peer. */
export function followUnreachable(
  events: RemoteBus,
  {
    notify,
    rooms,
    feed,
  }: { notify: Notifier; rooms: ReadonlyMap<string, Room>; feed: Pick<RosterFeed, 'changed'> },
) {
  /** Producers that the call was told of. */
  const told = new Set<string>();
  const tell = ({ roomId, peerId }: Of) => {
    const peer = rooms.get(roomId)?.mesh?.roster.peers.get(peerId);
    if (!peer || peer.hidden) return;
    notify.group(roomId, 'apart', 'peerUnreachable', { peerId, sources: peer.unreachable });
    feed.changed(roomId, peer);
  };
  const over = (of: Of) => {
    if (told.delete(of.producerId)) tell(of);
  };
  return [
    events.on('remoteProducerUnreachable', (of) => {
      told.add(of.producerId);
      tell(of);
    }),
    events.on('remoteProducerArrived', over),
    events.on('remoteProducerClosed', over),
  ];
}
