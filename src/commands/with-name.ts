import type { Sfu } from '../sfu/sfu.ts';
import type { Intent } from './targets.ts';

/** Adds the name of the peer, which nobody can look up once it has left. A peer without one is known by its id. */
export function withName<I extends Intent>({ rooms }: Pick<Sfu, 'rooms'>, intent: I): I {
  const { roomId, peerId, details } = intent;
  if (roomId === undefined || peerId === undefined) return intent;
  const name = rooms.get(roomId)?.peers.get(peerId)?.displayName ?? '';
  return name === '' || name === peerId ? intent : { ...intent, details: { ...details, name } };
}
