import type { AttributeChanges, NotificationData, PeerInfo, ProducerInfo } from './protocol.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { TrackSource } from './sources.ts';

/** A peer's description of its device. */
export type DeviceInfo = PeerInfo['device'];

/** What a peer may publish, whether a moderator changed that, and the sources that a moderator muted. */
export type Restrictions = Omit<NotificationData<'peerRestrictions'>, 'peerId'>;

/** What the application says of a peer. */
export type Metadata = Readonly<NotificationData<'peerMetadataChanged'>['metadata']>;

/** What a peer says of itself, by name. */
export type Attributes = Readonly<NotificationData<'peerAttributesChanged'>['attributes']>;

/** What attributes are after a change that the server does not know of yet. */
export function withChanges(attributes: Attributes, changes: AttributeChanges): Attributes {
  const all = Object.entries({ ...attributes, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** What of a peer's media does not reach our server: `audio`, `video`, `screen`. */
export type Unreachable = Readonly<NotificationData<'peerUnreachable'>['sources']>;

/** As long as nothing else was told. */
export const unrestricted: Restrictions = { publish: true, stopped: false, muted: [] };

/** What the server says of a peer, and what it means where it says nothing. */
export function detailsOf(info: PeerInfo) {
  const { displayName, device, metadata = {}, attributes = {}, away = false } = info;
  const { handRaisedAt = null, unreachable = [] } = info;
  return { displayName, device, metadata, attributes, away, handRaisedAt, unreachable };
}

/** Both come from the server as JSON, which writes the same value the same way. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Another participant. The object stays the same when its connection, or ours, is replaced. */
export class RemotePeer {
  /** Its tracks that are received. */
  readonly tracks = new Set<RemoteTrack>();
  /** What it publishes, by producer id, received or not; out of date with an infinite `videoLimit`. */
  readonly publications = new Map<string, ProducerInfo>();
  displayName: string;
  device: DeviceInfo;
  /** What the application says of it: by its token, and later by its servers. */
  metadata: Metadata;
  /** What it says of itself, and moderators of it. */
  attributes: Attributes;
  /** Its connection is cut, or its media is being rebuilt; it should be back in a moment. */
  away: boolean;
  /** It is heard at the moment. */
  speaking = false;
  /** Since when its hand is raised, in milliseconds since the epoch; null while it is down. */
  handRaisedAt: number | null;
  /** What it publishes and cannot be brought to our server for now; it is tried again by itself. */
  unreachable: Unreachable;
  /** What it may not do. Only moderators know. */
  restrictions: Restrictions = unrestricted;

  readonly id: string;

  constructor(info: PeerInfo) {
    this.id = info.id;
    const details = detailsOf(info);
    this.displayName = details.displayName;
    this.device = details.device;
    this.metadata = details.metadata;
    this.attributes = details.attributes;
    this.handRaisedAt = details.handRaisedAt;
    this.unreachable = details.unreachable;
    this.away = details.away;
  }

  /** The track of that source, if it is received. */
  track(source: TrackSource): RemoteTrack | undefined {
    return [...this.tracks].find((track) => track.source === source);
  }
}
