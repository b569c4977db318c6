import { type Actor, actorKinds, serverActor } from '../core/actors.ts';
import type { Identity } from '../core/grants.ts';
import { type Among, isThere } from '../sfu/rooms/finding.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { banMatches, type NewBan, type Removed } from '../store/bans.ts';
import type { Fact } from '../store/fact.ts';
import type { Facts } from '../store/facts.ts';
import { withReason } from './removal.ts';

/** What bans and removals do to the peers that are on this node already, whoever decided them and on which node. */

type Deciding = Pick<NewBan, 'kind' | 'value' | 'roomId' | 'by' | 'reason'>;

/** Removes every peer of this node, in any room, that one of these bans matches. */
export function removeBanned(sfu: Sfu, bans: readonly Deciding[]): void {
  for (const ban of bans)
    removeMatching(sfu, (identity) => banMatches(ban, identity), {
      roomId: ban.roomId,
      ...(ban.kind === 'identity' && { subject: ban.value }),
      by: actorOf(ban.by),
      reason: withReason('you were banned', ban.reason),
    });
}

/** Removes every peer of this node whose token is void until a moment. */
export function removeVoid(
  sfu: Sfu,
  { roomId, subject, until }: Omit<Removed, 'issuedAt'> & { readonly until: number },
  { by = serverActor, reason = '' }: { readonly by?: Actor; readonly reason?: string } = {},
): void {
  const isVoid = (identity: Identity, connectedAt: number) => (identity.issuedAt ?? connectedAt) <= until;
  removeMatching(sfu, isVoid, { roomId, subject, by, reason: withReason('a moderator removed you', reason) });
}

/**
 * Ends the sessions of peers here that other nodes banned, or whose tokens they made void. What is decided on this node
 * is carried out by the command that decides it. @returns a function that ends it
 */
export function sweepAfterFacts(facts: Facts, { sfu, now }: { sfu: Sfu; now: () => number }): () => void {
  return facts.onChange((changes) => {
    for (const { fact, here } of changes) if (!here) sweep(sfu, fact, now());
  });
}

function sweep(sfu: Sfu, { kind, name: subject, scope: roomId, body }: Fact, now: number): void {
  if (body === null) return;
  if (kind === 'removal') return removeVoid(sfu, { roomId, subject, until: body.until });
  if (kind !== 'ban') return;
  const { liftedAt, expiresAt } = body;
  const isOver = liftedAt !== null || (expiresAt !== null && expiresAt <= now);
  if (!isOver) removeBanned(sfu, [body]);
}

function removeMatching(
  sfu: Sfu,
  fits: (identity: Identity, connectedAt: number) => boolean,
  { by, reason, ...among }: Among & { readonly by: Actor; readonly reason: string },
): void {
  for (const peer of sfu.findPeers(fits, among)) {
    // With a peer the others of its subject are removed: the next one may be gone already.
    const { roomId, peerId } = peer;
    if (isThere(sfu.rooms, peer)) void sfu.removePeer({ roomId, peerId, reason, by });
  }
}

/** Another version of the server may know other kinds. */
function actorOf({ kind, id }: { readonly kind: string; readonly id: string }): Actor {
  const known = actorKinds.find((each) => each === kind);
  return known ? { kind: known, id } : serverActor;
}
