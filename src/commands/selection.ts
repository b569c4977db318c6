import type { Source } from '../core/sources.ts';
import type { PeerSnapshot, ProducerSnapshot } from '../sfu/rooms/snapshot.ts';

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

/** What a moderator has muted, of one peer. */
export function muted({ source, peerId }: Selected): Selection {
  return (peer, producer) =>
    peer.id === peerId &&
    (source === undefined || producer.source === source) &&
    producer.pausedBy.includes('moderator');
}
