import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { MediaSession } from './session.ts';

export interface Entrance {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly session: MediaSession;
  readonly request: Request;
}

/**
 * Makes the session a peer of its room and does the rest of what opening it takes. What fails on the way ends the peer
 * again, so that nothing half-open stays.
 */
export async function enterAs<T>(
  { sfu, identity, session, request }: Entrance,
  proceed: (room: Room, peer: Peer, join: () => void) => Promise<T>,
): Promise<T> {
  const peer = await sfu.enter(identity, session);
  const room = sfu.room(identity.roomId);
  session.begin(room, peer);
  const join = () =>
    room.join(peer, {
      displayName: cleanName(identity.displayName ?? identity.peerId),
      device: deviceOf(session, request),
      autoSubscribe: false,
    });
  try {
    return await proceed(room, peer, join);
  } catch (error) {
    const detail = error instanceof SfuError ? error.message : 'the session could not be opened';
    room.removePeer(peer, 'protocol_error', { detail });
    throw error;
  }
}

/** What moderators read of the client: the protocol, and the first product of its User-Agent, e.g. OBS-Studio/31.0. */
function deviceOf({ kind }: MediaSession, request: Request) {
  const agent = request.headers.get('user-agent') ?? '';
  const [, name, version] = /^([^\s/]+)(?:\/(\S+))?/.exec(agent) ?? [];
  // Every browser calls itself Mozilla/5.0 first.
  return name === undefined || name === 'Mozilla'
    ? cleanDevice({ flag: kind, name: kind.toUpperCase() })
    : cleanDevice({ flag: kind, name, version });
}
