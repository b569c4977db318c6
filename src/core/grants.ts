import type { types } from 'mediasoup';

/** What a publication shows: a microphone, a camera, a shared screen (its sound too), or messages. */
export const sources = ['audio', 'video', 'screen', 'data'] as const;
export type Source = (typeof sources)[number];

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

/** What clients call a shared screen: screen, screenAudio, screensharing, share, desktop, display. */
const screenName = /^(screen|share|desktop|display)/i;

/** Reads the source off what existing clients put into appData: `source: 'screen'` and the like, or `share: true`. */
export function sourceOf(kind: types.MediaKind, appData: Readonly<Record<string, unknown>>): Source {
  const named = typeof appData.source === 'string' && screenName.test(appData.source);
  return named || appData.share === true ? 'screen' : kind;
}
