import type { CodecName } from '../../core/codecs.ts';

/**
 * What the domain reads of the configuration. It is looked at each time that it is needed, so that a reload takes
 * effect. Bitrates are bits a second, 0 for no limit.
 */
export interface SfuSettings {
  /** The addresses under which clients reach the media ports; the listen address unless set. */
  readonly announcedAddresses?: readonly string[];
  /** Codecs that a room offers unless its options say otherwise, the preferred first. */
  readonly codecs: readonly CodecName[];
  readonly maxPeersPerRoom: number;
  /** In a call of so many peers the others are told of each of the audience; in a larger one they only count it. */
  readonly announcedAudience: number;
  readonly maxTransportsPerPeer: number;
  readonly maxProducersPerPeer: number;
  readonly maxDataProducersPerPeer: number;
  /** What a transport may send to the server. */
  readonly maxIncomingBitrate: number;
  /** What a transport is sent. */
  readonly maxOutgoingBitrate: number;
  /** The estimate of a client's downlink before there is one. */
  readonly initialOutgoingBitrate: number;
  /** With consumers of so many megabits a second on one worker the next peers of a room go to another one. */
  readonly roomMbpsPerWorker: number;
  /** @deprecated The same in a number of consumers; undefined for however many. Removed in the next version. */
  readonly roomConsumersPerWorker?: number;
  /** For how long a room stays when it is empty. */
  readonly emptyRoomSeconds: number;
  /** How long a connected peer may take to join. */
  readonly joinSeconds: number;
  /** How long a peer stays whose connection was cut; 0 for not at all. */
  readonly resumeSeconds: number;
  /** How long a lost ICE connection may take to come back. */
  readonly iceFailureSeconds: number;
  /** Whether a draining node lets new peers into rooms that are there. */
  readonly drainJoins: 'allow' | 'refuse';
}
