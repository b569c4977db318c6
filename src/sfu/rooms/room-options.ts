import type { CodecName } from '../../core/codecs.ts';

/** Options of a room; what is left out follows the settings. */
export interface RoomOptions {
  /** Codecs that it offers, by the names of TUREEN_CODECS, the preferred first. It keeps them until it ends. */
  readonly codecs?: readonly CodecName[];
  /** Peers that it may have. */
  readonly maxPeers?: number;
  /** Seconds for which it stays when it is empty. */
  readonly emptySeconds?: number;
  /** Data of the application. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What can change while a room goes on. */
export type RoomChanges = Omit<RoomOptions, 'codecs'>;
