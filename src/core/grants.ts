import type { MediaKind, Source } from './sources.ts';

/** What a peer may do. A token without grants may publish and subscribe. */
export interface Grants {
  /** All, nothing, or only these sources. */
  readonly publish: boolean | readonly Source[];
  readonly subscribe: boolean;
  /** May remove, mute and lock. */
  readonly moderate: boolean;
  /** Takes part unseen: recorders, moderators. */
  readonly hidden: boolean;
}

/**
 * What a subject may publish by the decision of somebody else: that in place of what its tokens grant, or of what the
 * token of each of its peers grants all or some. Only the node of a peer knows what its token grants.
 */
export type PublishDecision = Grants['publish'] | { readonly ofGranted: true | readonly Source[] };

/** What a decision leaves of a grant. */
export function decidedPublish(decision: PublishDecision, granted: Grants['publish']): Grants['publish'] {
  if (typeof decision === 'boolean' || !('ofGranted' in decision)) return decision;
  const { ofGranted } = decision;
  if (ofGranted === true || granted === false) return granted;
  return granted === true ? ofGranted : granted.filter((source) => ofGranted.includes(source));
}

/** Whether two say the same may be published. */
export function samePublish(one: Grants['publish'], other: Grants['publish']): boolean {
  if (typeof one === 'boolean' || typeof other === 'boolean') return one === other;
  return one.length === other.length && one.every((source) => other.includes(source));
}

export const defaultGrants: Grants = { publish: true, subscribe: true, moderate: false, hidden: false };

/** Who stands behind a connection, as its token (or development mode) says. */
export interface Identity {
  readonly roomId: string;
  readonly peerId: string;
  /**
   * The person or program behind it: the subject of its token, else its peer id. One subject may have several peers at
   * once, such as a browser and a player; what a moderator decides holds for all of them.
   */
  readonly subject: string;
  /** The key of the program that brought it; undefined for a peer with a token of its own. */
  readonly program?: string;
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

/**
 * Whether a track or a data channel may be published. Sound needs the grant for sound whatever it is called, since the
 * sound of a shared screen cannot be told from a microphone.
 */
export function mayPublish({ publish }: Pick<Grants, 'publish'>, { kind, source }: Published): boolean {
  if (typeof publish === 'boolean') return publish;
  return publish.includes(source) && (kind !== 'audio' || publish.includes('audio'));
}

/** What is published: a track with its kind, or data. */
export type Published =
  | { readonly kind: MediaKind; readonly source: Source }
  | { readonly kind: 'data'; readonly source: 'data' };

export const publishedData: Published = { kind: 'data', source: 'data' };
