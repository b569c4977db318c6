import type { Actor } from '../core/actors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import { type BanKind, banKinds, type NewBan } from '../store/bans.ts';

/** Who asks for something, from where, and why. */
export interface Asker {
  readonly by: Actor;
  readonly address?: string;
  readonly reason?: string;
}

export interface RoomTarget extends Asker {
  readonly roomId: string;
}

export interface PeerTarget extends RoomTarget {
  readonly peerId: string;
}

export interface ProducerTarget extends PeerTarget {
  readonly producerId: string;
}

export interface ConsumerTarget extends PeerTarget {
  readonly consumerId: string;
}

/** How somebody is kept out. */
export interface BanOrder {
  readonly scope: 'room' | 'server';
  /** What they are recognised by. */
  readonly kinds: readonly BanKind[];
  /** For how long; null for good. */
  readonly milliseconds: number | null;
}

/** The bans that keep a peer out as ordered: one for each kind by which it can be recognised. */
export function bansOf(
  { identity }: Peer,
  { scope, kinds, milliseconds }: BanOrder,
  { by, reason, now }: { by: Actor; reason: string; now: number },
): NewBan[] {
  const values = {
    identity: identity.peerId,
    token: identity.tokenId,
    address: identity.address || undefined,
  };
  const roomId = scope === 'room' ? identity.roomId : null;
  const expiresAt = milliseconds === null ? null : now + milliseconds;
  return banKinds.flatMap((kind) => {
    const value = values[kind];
    return kinds.includes(kind) && value !== undefined
      ? [{ kind, value, roomId, reason, by, expiresAt }]
      : [];
  });
}
