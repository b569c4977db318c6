import type { Source } from '../core/sources.ts';
import type { PeerSnapshot, ProducerSnapshot, RoomSnapshot } from '../sfu/rooms/snapshot.ts';

/** Whether a bulk command applies to a producer of a joined peer. */
export type Selection = (peer: PeerSnapshot, producer: ProducerSnapshot) => boolean;

interface Selected {
  /** One source only, instead of all. */
  readonly source?: Source;
  readonly peerId?: string;
}

/** What a moderator has not muted yet: of one peer, or of everybody but moderators. */
export function open({ source, peerId }: Selected): Selection {
  return (peer, producer) =>
    (source === undefined || producer.source === source) &&
    !producer.pausedBy.includes('moderator') &&
    (peerId === undefined ? !peer.grants.moderate : peer.id === peerId);
}

/** What a moderator has muted: of one peer, or of everybody. */
export function muted({ source, peerId }: Selected): Selection {
  return (peer, producer) =>
    (peerId === undefined || peer.id === peerId) &&
    (source === undefined || producer.source === source) &&
    producer.pausedBy.includes('moderator');
}

/** The producers of joined peers to which a bulk command applies. */
export function selected(room: RoomSnapshot, selects: Selection): { peerId: string; producerId: string }[] {
  return room.peers.flatMap((peer) =>
    peer.producers
      .filter((producer) => peer.state === 'joined' && selects(peer, producer))
      .map(({ id: producerId }) => ({ peerId: peer.id, producerId })),
  );
}
