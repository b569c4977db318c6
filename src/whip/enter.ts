import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import { enterWithoutSocket } from '../sfu/enter-without-socket.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { WhipSession } from './session.ts';

export interface Entry<P> {
  readonly sfu: Sfu;
  readonly identity: Identity;
  readonly session: WhipSession;
  readonly request: Request;
  /** Plans the session and checks all that can be checked, before an older session of the same peer is replaced. */
  readonly plan: (room: Room) => P;
}

/**
 * Enters the room as the session's peer and joins, then opens the session. When that fails, the peer is removed again, so
 * that no half-open session stays.
 * @throws SfuError what `plan` and `open` throw, and what entering a room throws
 */
export async function enterRoom<P, T>(
  { sfu, identity, session, request, plan }: Entry<P>,
  open: (room: Room, peer: Peer, planned: P) => Promise<T>,
): Promise<T> {
  let planned: { readonly plan: P } | undefined;
  const check = (room: Room) => {
    planned = { plan: plan(room) };
  };
  const onClose = () => session.end();
  const { room, peer } = await enterWithoutSocket({ sfu, identity, onClose, check });
  session.setPeer(room, peer);
  try {
    if (!planned) throw new Error('a session was entered without its plan');
    room.join(peer, {
      displayName: cleanName(identity.displayName ?? identity.peerId),
      device: deviceOf(session, request),
      autoSubscribe: false,
    });
    return await open(room, peer, planned.plan);
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
