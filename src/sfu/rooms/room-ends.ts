import type { PeerEnd, RoomEnd } from '../../core/ends.ts';

const serverEnds = 'this server ends; connect again to reach another one';

/** How the peers of a room end with it, and what they are told. */
export const endingsOfPeers: Readonly<
  Record<RoomEnd, { readonly peerEnd: PeerEnd; readonly detail: string }>
> = {
  empty: { peerEnd: 'room_closed', detail: 'the room ended, for nobody was in it' },
  closed: { peerEnd: 'room_closed', detail: 'the room was closed for everyone' },
  draining: { peerEnd: 'draining', detail: serverEnds },
  server_closed: { peerEnd: 'server_closed', detail: serverEnds },
};
