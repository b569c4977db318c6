import type { types } from 'mediasoup-client';
import type { CallState } from './call-types.ts';
import type { ClientError } from './errors.ts';
import type { NotificationData, ProducerInfo } from './protocol.ts';
import type { Publication } from './publication.ts';
import type { Quality } from './quality.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { Direction } from './transports.ts';

/** How loud a peer is: dBov from -127 (silent) to 0 (RFC 6464). */
export type Level = NotificationData<'speakingPeers'>['peerVolumes'][number];

/** What a client tells. */
export interface TureenClientEvents {
  /** `error` says why, for reconnecting and ended. `ended` comes once, and nothing after it. */
  state: { readonly state: CallState; readonly error?: ClientError };
  peerJoined: RemotePeer;
  /** Another name, or away and back. */
  peerChanged: RemotePeer;
  peerLeft: { readonly peer: RemotePeer; readonly reason: string };
  /** Something of a peer can be played. */
  trackAdded: { readonly peer: RemotePeer; readonly track: RemoteTrack };
  /** Muted or not, other layers. */
  trackChanged: { readonly peer: RemotePeer; readonly track: RemoteTrack };
  trackRemoved: { readonly peer: RemotePeer; readonly track: RemoteTrack; readonly reason: string };
  /** A peer publishes something; only with `autoSubscribe: false`, and again after each reconnect. */
  publicationAdded: { readonly peer: RemotePeer; readonly publication: ProducerInfo };
  publicationRemoved: { readonly peer: RemotePeer; readonly publication: ProducerInfo };
  /** Something of ours changed: muted or not, held by a moderator or not, another track. */
  publicationChanged: Publication;
  /** Something of ours ended, e.g. because the device was unplugged or a moderator closed it. */
  publicationEnded: { readonly publication: Publication; readonly reason: string };
  chat: { readonly peer: RemotePeer; readonly text: string };
  /** A message over a data channel other than the chat. */
  data: { readonly peer: RemotePeer; readonly label: string; readonly data: string | ArrayBuffer };
  /** Who speaks, ourselves perhaps; null when nobody does. */
  activeSpeaker: { readonly peerId: string | null };
  /** Who is heard, the loudest first; empty in silence. */
  levels: readonly Level[];
  quality: { readonly peerId: string; readonly quality: Quality };
  /** The way that media takes: connecting, connected, disconnected, failed. */
  transport: { readonly direction: Direction; readonly state: types.ConnectionState };
  /**
   * What the network could carry to us, and what all that we receive would take, in bits a second; only with
   * `bandwidthEstimate: true`, when it has changed by a tenth.
   */
  bandwidth: { readonly available: number; readonly desired: number };
  /** A text of a moderator or operator. */
  notice: { readonly message: string };
  /** A moderator changed what we may publish. */
  permissions: { readonly publish: boolean | readonly string[] };
  /** A moderator locked or unlocked the room. */
  locked: { readonly locked: boolean };
  /** The server is about to end, at that time (milliseconds since the epoch). The client moves by itself. */
  draining: { readonly deadline: number };
}
