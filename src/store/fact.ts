import type { BanKind } from './ban-kinds.ts';
import { compareStamps, type Stamp } from './hybrid-clock.ts';
import type { Role } from './roles.ts';

/** Facts: what every node of a mesh must know and keep. */

export const factKinds = ['ban', 'removal', 'logins', 'user', 'key'] as const;
export type FactKind = (typeof factKinds)[number];

/** What is said of each. Times are milliseconds since the epoch. */
export interface FactBodies {
  ban: {
    readonly kind: BanKind;
    readonly value: string;
    readonly roomId: string | null;
    readonly reason: string;
    readonly by: { readonly kind: string; readonly id: string };
    readonly createdAt: number;
    readonly expiresAt: number | null;
    readonly liftedAt: number | null;
  };
  /** The tokens of a subject for a room are void that were issued until then. */
  removal: { readonly until: number };
  /** The logins of a user are void that were made until then. */
  logins: { readonly until: number };
  user: {
    /** As it was written; users are told apart without regard to capitals. */
    readonly name: string;
    readonly passwordHash: string | null;
    readonly role: Role;
    readonly origin: 'page' | 'proxy';
    readonly createdAt: number;
  };
  key: { readonly secretHash: string; readonly role: Role; readonly createdAt: number };
}

/** What a fact is about. */
export interface FactRef<K extends FactKind = FactKind> {
  readonly kind: K;
  /** The id of a ban, the subject of a removal, the name of a user or of a key. */
  readonly name: string;
  /** The room of a removal; empty for the others. */
  readonly scope: string;
}

/** A fact as it was decided at a moment; its body is null once it was deleted. */
export type Fact = {
  readonly [K in FactKind]: FactRef<K> & { readonly stamp: Stamp; readonly body: FactBodies[K] | null };
}[FactKind];

/** The table that has the facts of a kind as the rest of the server reads them. */
export interface FactTable<K extends FactKind> {
  /** @returns null when there is none, or when it is this node's own affair */
  readFact(ref: FactRef<K>): FactBodies[K] | null;
  /** Puts it in place of what was there. @returns false for what stays this node's own affair */
  writeFact(ref: FactRef<K>, body: FactBodies[K] | null): boolean;
}

export type FactTables = { readonly [K in FactKind]: FactTable<K> };

/**
 * Whether a fact wins over another one about the same: times until which something is void only grow; of the others the
 * one that was decided last counts.
 */
export function winsOver(fact: Fact, other: Fact): boolean {
  const [until, otherUntil] = [untilOf(fact), untilOf(other)];
  if (until !== undefined && otherUntil !== undefined && until !== otherUntil) return until > otherUntil;
  return compareStamps(fact.stamp, other.stamp) > 0;
}

function untilOf({ body }: Fact): number | undefined {
  return body !== null && 'until' in body ? body.until : undefined;
}
