import type { EncodingOptions } from './encodings.ts';

export interface PublicationOptions extends EncodingOptions {
  /** Start muted. */
  readonly paused?: boolean;
  /** Stop the track when the publication ends. Default true for tracks that the client opened itself. */
  readonly stopTrack?: boolean;
  /**
   * Opens the device again after `pause({ release: true })`, or another one (`setDevice`). Given for tracks that the client
   * opened itself.
   */
  readonly reopen?: (deviceId?: string) => Promise<MediaStreamTrack>;
  /** Data of the application for the receivers, in addition to the client's own. */
  readonly appData?: Readonly<Record<string, unknown>>;
}
