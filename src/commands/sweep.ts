import { type Actor, actorKinds, serverActor } from '../core/actors.ts';
import type { Identity } from '../core/grants.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { banMatches } from '../store/bans.ts';
import type { Fact } from '../store/fact.ts';
import type { Facts } from '../store/facts.ts';
import { withReason } from './removal.ts';

/** Removes every peer, in any room, whose identity fits. */
export function removeMatching(
  sfu: Sfu,
  fits: (identity: Identity) => boolean,
  { by, reason }: { readonly by: Actor; readonly reason: string },
): void {
  for (const { roomId, peerId } of sfu.findPeers(fits)) {
    // With a peer the others of its subject are removed: the next one may be gone already.
    if (sfu.rooms.get(roomId)?.peers.has(peerId)) void sfu.removePeer({ roomId, peerId, reason, by });
  }
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

function sweep(sfu: Sfu, { kind, name, scope: roomId, body }: Fact, now: number): void {
  if (body === null) return;
  if (kind === 'ban') {
    const { liftedAt, expiresAt, by, reason } = body;
    if (liftedAt !== null || (expiresAt !== null && expiresAt <= now)) return;
    const ban = { ...body, by: actorOf(by) };
    const how = { by: ban.by, reason: withReason('you were banned', reason) };
    removeMatching(sfu, (identity) => banMatches(ban, identity), how);
  } else if (kind === 'removal') {
    const isVoid = (identity: Identity) =>
      identity.roomId === roomId &&
      identity.subject === name &&
      (identity.issuedAt ?? sfu.read.peer(roomId, identity.peerId).connectedAt) <= body.until;
    removeMatching(sfu, isVoid, { by: serverActor, reason: 'a moderator removed you' });
  }
}

/** Another version of the server may know other kinds. */
function actorOf({ kind, id }: { readonly kind: string; readonly id: string }): Actor {
  const known = actorKinds.find((each) => each === kind);
  return known ? { kind: known, id } : serverActor;
}
