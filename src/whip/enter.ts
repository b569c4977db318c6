import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import { enterWithoutSocket } from '../sfu/enter-without-socket.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { WhipSession } from './session.ts';

export interface Entry {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly session: WhipSession;
  readonly request: Request;
}

/**
 * Enters the room as the session's peer, then opens the session. When that fails, the peer is removed again, so that
 * no half-open session stays.
 * @param open what is left to do; it calls `join` when nothing speaks against it any more
 */
export async function enterRoom<T>(
  { sfu, identity, session, request }: Entry,
  open: (room: Room, peer: Peer, join: () => void) => Promise<T>,
): Promise<T> {
  const { room, peer } = await enterWithoutSocket({ sfu, identity, onClose: () => session.end() });
  session.setPeer(room, peer);
  const join = () =>
    room.join(peer, {
      displayName: cleanName(identity.displayName ?? identity.peerId),
      device: deviceOf(session, request),
      autoSubscribe: false,
    });
  try {
    return await open(room, peer, join);
  } catch (error) {
    const detail = error instanceof SfuError ? error.message : 'the session could not be opened';
    room.removePeer(peer, 'protocol_error', { detail });
    throw error;
  }
}

/** What moderators see of the client: the protocol, and the first product of its User-Agent, e.g. OBS-Studio/31.0. */
function deviceOf({ kind }: WhipSession, request: Request) {
  const agent = request.headers.get('user-agent') ?? '';
  const [, name, version] = /^([^\s/]+)(?:\/(\S+))?/.exec(agent) ?? [];
  // The User-Agent of every browser starts with Mozilla/5.0.
  return name === undefined || name === 'Mozilla'
    ? cleanDevice({ flag: kind, name: kind.toUpperCase() })
    : cleanDevice({ flag: kind, name, version });
}
