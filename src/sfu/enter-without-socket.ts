import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import type { Peer, PeerLink } from './rooms/peer.ts';
import type { Room } from './rooms/room.ts';
import type { Sfu } from './sfu.ts';

export interface EntryWithoutSocket {
  readonly sfu: Sfu;
  readonly identity: Identity;
  /** Called when the peer has ended. */
  readonly onClose: (peer: Peer, reason: PeerEnd, detail: string) => void;
  /** Refuses by throwing, before an older connection of the same peer is replaced. */
  readonly check?: (room: Room) => void;
}

/**
 * Enters a room as a peer that has no socket, because HTTP requests or a program act for it. It is offered nothing: it
 * asks for what it receives.
 * @throws SfuError what `Sfu.enter` refuses with; gone when the peer was removed while it entered
 */
export async function enterWithoutSocket({
  sfu,
  identity,
  onClose,
  check,
}: EntryWithoutSocket): Promise<{ room: Room; peer: Peer }> {
  let entered: Peer | undefined;
  const link: PeerLink = {
    gone: Promise.resolve(),
    close: (reason, detail) => {
      // It has no ticket, without which nobody moves.
      if (entered && reason !== 'moved') onClose(entered, reason, detail);
    },
  };
  const peer = await sfu.enter(identity, link, check);
  if (peer.closed) throw new SfuError('gone', 'the peer was removed while it entered the room; try again');
  entered = peer;
  return { room: sfu.room(identity.roomId), peer };
}
