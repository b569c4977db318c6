import type { Actor } from '../../core/actors.ts';
import type { PeerEnd } from '../../core/ends.ts';
import type { SfuBus } from '../events.ts';
import type { Peer } from './peer.ts';

export interface End {
  readonly reason: PeerEnd;
  readonly detail: string;
  readonly by: Actor;
}

/** Tells that a peer has ended, and its client. Of one that moved, or that had not taken over yet, nobody else hears. */
export function tellEnd(events: SfuBus, peer: Peer, { reason, detail, by }: End): void {
  const { passage, hidden, standing, ref, link } = peer;
  passage?.cancel();
  if (passage?.to === 'there') events.emit('peerDeparted', ref);
  else if (passage) events.emit('peerMoveFailed', { ...ref, reason, detail });
  else {
    const joined = peer.joinedAt !== undefined;
    const rejoining = peer.rejoinAge !== undefined;
    const course = { joined, rejoining, hidden, standing, duration: peer.age() };
    events.emit('peerLeft', { ...ref, ...course, reason, detail, by });
  }
  link.close(passage?.to === 'there' && reason === 'disconnected' ? 'moved' : reason, detail);
}
