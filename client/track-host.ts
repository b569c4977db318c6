import type { Playback } from './playback.ts';
import type { ConsumerInfo } from './protocol.ts';
import type { TrackSource } from './sources.ts';

/** Which videos are received, as far as the tracks of a call have to know it. */
export interface WatchedVideos {
  /** Whether a video comes and goes with its elements, so that it need not be paused while they are out of view. */
  leaves(video: { readonly peerId: string; readonly source: TrackSource }): boolean;
  /** Whether a consumer that the server offers is still wanted. */
  wants(info: ConsumerInfo): boolean;
  /** The application wants it, whatever else is chosen. */
  take(producerId: string): void;
}

/** What the tracks of a call share. */
export interface TrackHost {
  readonly playback: Playback;
  readonly watching: WatchedVideos;
}
