import type { Actor } from '../core/actors.ts';
import type { PeerSnapshot } from '../sfu/rooms/snapshot.ts';
import type * as targets from '../sfu/targets.ts';
import { type BanKind, banKinds, type NewBan } from '../store/bans.ts';

/** Who asks for something, from where, and why. */
export interface Asker {
  readonly by: Actor;
  readonly address?: string;
  readonly reason?: string;
}

export type RoomTarget = Asker & targets.RoomTarget;
export type PeerTarget = Asker & targets.PeerTarget;
export type ProducerTarget = Asker & targets.ProducerTarget;
export type ConsumerTarget = Asker & targets.ConsumerTarget;

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
  { subject, tokenId, address }: PeerSnapshot,
  { scope, kinds, milliseconds }: BanOrder,
  { roomId, by, reason, now }: { roomId: string; by: Actor; reason: string; now: number },
): NewBan[] {
  const values = { identity: subject, token: tokenId ?? undefined, address: address || undefined };
  const expiresAt = milliseconds === null ? null : now + milliseconds;
  return banKinds.flatMap((kind) => {
    const value = values[kind];
    return kinds.includes(kind) && value !== undefined
      ? [{ kind, value, roomId: scope === 'room' ? roomId : null, reason, by, expiresAt }]
      : [];
  });
}
