import type { Source } from './sources.ts';

/** What a peer may do. A token without grants may publish and subscribe. */
export interface Grants {
  /** All, nothing, or only these sources. */
  readonly publish: boolean | readonly Source[];
  readonly subscribe: boolean;
  /** May remove, mute and lock. */
  readonly moderate: boolean;
  /** Takes part without being told to others: recorders, moderators. */
  readonly hidden: boolean;
}

export const defaultGrants: Grants = { publish: true, subscribe: true, moderate: false, hidden: false };

/** Who stands behind a connection, as its token (or development mode) says. */
export interface Identity {
  readonly roomId: string;
  readonly peerId: string;
  /** Takes precedence over the name that the client gives, so that a name in a token can be trusted. */
  readonly displayName?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly grants: Grants;
  /** The token's jti, by which it can be banned. */
  readonly tokenId?: string;
  /** When the token was issued, in milliseconds since the epoch. */
  readonly issuedAt?: number;
  /** The address that the connection came from. */
  readonly address: string;
}

export function mayPublish(grants: Grants, source: Source): boolean {
  return typeof grants.publish === 'boolean' ? grants.publish : grants.publish.includes(source);
}
