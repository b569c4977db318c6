import { stopwatch } from '../../core/clock.ts';
import type { RejoinReason } from '../../core/ends.ts';
import type { Attendance } from './attendance.ts';
import { expectData } from './expecting-data.ts';
import type { Peer } from './peer.ts';
import type { DataPublication } from './publication.ts';
import type { RoomContext } from './room-context.ts';

/** The room that it is in. */
export interface RejoinPlace {
  readonly context: RoomContext;
  readonly dataPublications: readonly DataPublication[];
  readonly attendance: Attendance;
  expectJoin(peer: Peer): void;
}

/** Ends the media of a peer, which joins again on the same connection. @returns what tells everyone */
export function beginRejoin(room: RejoinPlace, peer: Peer, reason: RejoinReason): () => void {
  const { joined, hidden, standing } = peer;
  peer.closeTransports('rejoin');
  peer.state = { name: 'connected' };
  room.attendance.paused(peer);
  peer.rejoinAge = stopwatch(room.context.clock);
  room.expectJoin(peer);
  return () => {
    if (joined) expectData(room.dataPublications, peer);
    room.context.events.emit('peerRejoin', { ...peer.ref, reason, joined, hidden, standing });
  };
}
