import type { Actor } from '../core/actors.ts';
import { readNetwork } from '../core/networks.ts';
import type { PeerSnapshot } from '../sfu/rooms/snapshot.ts';
import { type BanKind, banKinds } from '../store/ban-kinds.ts';
import type { NewBan } from '../store/bans.ts';

/** How to ban a peer that is removed. */
export interface BanRequest {
  readonly scope: 'room' | 'server';
  /** What the bans match: one ban for each kind. */
  readonly kinds: readonly BanKind[];
  /** How long they last; null for permanent bans. */
  readonly milliseconds: number | null;
}

/** The bans to add for a peer: one for each requested kind of which the peer has a value. */
export function bansFor(
  { subject, tokenId, address }: PeerSnapshot,
  { scope, kinds, milliseconds }: BanRequest,
  { roomId, by, reason, now }: { roomId: string; by: Actor; reason: string; now: number },
): NewBan[] {
  const values = { identity: subject, token: tokenId ?? undefined, address: readNetwork(address) };
  const expiresAt = milliseconds === null ? null : now + milliseconds;
  return banKinds.flatMap((kind) => {
    const value = values[kind];
    return kinds.includes(kind) && value !== undefined
      ? [{ kind, value, roomId: scope === 'room' ? roomId : null, reason, by, expiresAt }]
      : [];
  });
}
