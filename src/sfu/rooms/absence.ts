import { stopwatch } from '../../core/clock.ts';
import type { Peer } from './peer.ts';
import type { Room } from './room.ts';

/** Others are told after so long that the connection of a peer was cut: most are back before anybody would notice. */
const tellAfterMs = 3000;

/**
 * The connection of a peer was cut without a word: what it sends and receives goes on, and the peer ends unless it is
 * back in time. @returns false when nothing is kept: the peer has not joined, or the settings say so
 */
export function keepWhileAway(room: Room, peer: Peer): boolean {
  const { clock, settings } = room.context;
  const seconds = settings.resumeSeconds;
  if (peer.closed || peer.joinedAt === undefined || seconds === 0) return false;
  peer.absence?.cancel();
  const absence = { since: clock.now(), told: false, age: stopwatch(clock), cancel: () => {} };
  const cancels = [
    clock.after(tellAfterMs, () => {
      absence.told = true;
      room.events.emit('peerAway', { ...peer.ref, hidden: peer.hidden });
    }),
    clock.after(seconds * 1000, () =>
      room.removePeer(peer, 'disconnected', {
        detail: `the connection was cut and was not back within ${seconds} seconds`,
      }),
    ),
  ];
  absence.cancel = () => {
    for (const cancel of cancels) cancel();
  };
  peer.absence = absence;
  return true;
}

/** The peer is back. @returns for how many milliseconds it was away; 0 when nobody had noticed */
export function welcomeBack(room: Room, peer: Peer): number {
  const { absence } = peer;
  if (!absence) return 0;
  absence.cancel();
  peer.absence = undefined;
  const duration = absence.age();
  if (absence.told) room.events.emit('peerBack', { ...peer.ref, hidden: peer.hidden, duration });
  return duration;
}
