import type { types } from 'mediasoup-client';
import type { CallState, Moved } from './call-types.ts';
import type { DeviceLists } from './devices.ts';
import type { ClientError } from './errors.ts';
import type { NotificationData, PeerMessage, Permissions, ProducerInfo, Reaction } from './protocol.ts';
import type { Publication } from './publication.ts';
import type { Quality } from './quality.ts';
import type { Attributes, Metadata, RemotePeer } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { Turnout } from './roster-changes.ts';
import type { Direction } from './transports.ts';

/** How loud a peer is: dBov from -127 (silent) to 0 (RFC 6464). */
export type Level = NotificationData<'speakingPeers'>['peerVolumes'][number];

/** The events of a client. */
export interface TureenClientEvents {
  /** `error` says why, for reconnecting and ended. `ended` comes once, and nothing after it. */
  state: { readonly state: CallState; readonly error?: ClientError };
  peerJoined: RemotePeer;
  /** Somebody came or went: how many are in the call, and how many of them are the audience. */
  turnout: Turnout;
  /** Its name, metadata or attributes changed, or it went away or came back. */
  peerChanged: RemotePeer;
  peerLeft: { readonly peer: RemotePeer; readonly reason: string };
  /** A track of a peer can be played. */
  trackAdded: { readonly peer: RemotePeer; readonly track: RemoteTrack };
  /** Muted or not, blocked or not, out of bandwidth or not, other layers. */
  trackChanged: { readonly peer: RemotePeer; readonly track: RemoteTrack };
  trackRemoved: { readonly peer: RemotePeer; readonly track: RemoteTrack; readonly reason: string };
  /** A peer publishes something, received or not; again after each reconnect. Not with an infinite `videoLimit`. */
  publicationAdded: { readonly peer: RemotePeer; readonly publication: ProducerInfo };
  publicationRemoved: { readonly peer: RemotePeer; readonly publication: ProducerInfo };
  /** The browser does not play what is attached, until somebody clicks: see `startPlayback`. Or it does again. */
  playback: { readonly canPlay: boolean };
  /** Cameras, microphones and speakers: when the call begins, and whenever one is added or removed during it. */
  devices: DeviceLists;
  /** A publication of ours was muted, unmuted, held or released by a moderator, or has another track. */
  publicationChanged: Publication;
  /** A publication of ours ended, e.g. because the device was unplugged or a moderator closed it. */
  publicationEnded: { readonly publication: Publication; readonly reason: string };
  chat: { readonly peer: RemotePeer; readonly text: string };
  /** A message over a data channel other than the chat. */
  data: { readonly peer: RemotePeer; readonly label: string; readonly data: string | ArrayBuffer };
  /** A peer wrote to us by our id. `PeerMessages` makes messages and requests of it. */
  message: { readonly peer: RemotePeer; readonly message: PeerMessage };
  /** The active speaker, perhaps ourselves; null in silence. */
  activeSpeaker: { readonly peerId: string | null };
  /** Audio levels, the loudest first; empty in silence. */
  levels: readonly Level[];
  /** A peer, perhaps ourselves, begins or ceases to be heard. */
  speaking: { readonly peerId: string; readonly speaking: boolean };
  quality: { readonly peerId: string; readonly quality: Quality };
  /** State of a media transport: connecting, connected, disconnected, failed. */
  transport: { readonly direction: Direction; readonly state: types.ConnectionState };
  /**
   * The estimated bandwidth towards us, and the bandwidth that everything we receive would need, in bits a second. Only
   * with `bandwidthEstimate: true`, when it has changed by a tenth.
   */
  bandwidth: { readonly available: number; readonly desired: number };
  /** A text from a moderator or operator. */
  notice: { readonly message: string };
  /** A moderator changed what we may publish. `client.permissions` has the rest. */
  permissions: Pick<Permissions, 'publish'>;
  /** A moderator locked or unlocked the room. */
  locked: { readonly locked: boolean };
  /** The application changed what it says of a peer, perhaps of ourselves. */
  metadata: { readonly peerId: string; readonly metadata: Metadata };
  /** A peer, perhaps ourselves, has other attributes: these are all of them. */
  attributes: { readonly peerId: string; readonly attributes: Attributes };
  /** A hand, perhaps ours, was raised or lowered, perhaps by a moderator. */
  hand: { readonly peerId: string; readonly raised: boolean };
  /** A peer, perhaps ourselves, reacted. */
  reaction: { readonly peerId: string; readonly reaction: Reaction };
  /** The call went on at another server of the mesh. Nothing else changed; `RemoteTrack` says of itself that it was `replaced`. */
  moved: Moved;
  /** The server stops at that time (milliseconds since the epoch). The client moves by itself. */
  draining: { readonly deadline: number };
  /** The server does not stop after all. */
  drainCancelled: undefined;
}
