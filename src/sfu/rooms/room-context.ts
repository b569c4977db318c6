import type { types } from 'mediasoup';
import type { Attributes } from '../../core/attributes.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Paces } from '../../core/pace.ts';
import type { SfuBus } from '../events.ts';
import type { RtpPlace } from '../media/rtp-place.ts';
import type { WorkerPool } from '../media/workers.ts';
import type { MediaIndex } from './media-index.ts';
import type { MeshContext } from './mesh-context.ts';
import type { Device } from './peer-state.ts';
import type { SfuSettings } from './settings.ts';

/** What every room shares. */
export interface RoomContext {
  readonly settings: SfuSettings;
  readonly events: SfuBus;
  readonly log: Logger;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly rtp: RtpPlace;
  readonly media: MediaIndex;
  /** How often each session changes its attributes. */
  readonly attributePaces: Paces;
  /** How many KiB of messages each session gets from others. */
  readonly messagePaces: Paces;
  /** The way to other nodes; undefined for a node alone. */
  mesh?: MeshContext;
  /** The room has ended and must be forgotten. */
  readonly onClosed: (roomId: string) => void;
}

/** What a client says of itself when it joins. */
export interface JoinOptions {
  displayName: string;
  device: Device;
  /** Those to begin with. One that joins again after its media was lost keeps what it has. */
  attributes?: Attributes;
  /** Absent for a client that does not receive media. */
  rtpCapabilities?: types.RtpCapabilities;
  /** Whether it is offered what the others publish. */
  autoSubscribe: boolean;
  /** How many videos it is offered as long as it has not said what it watches; all of them where it is not given. */
  videoLimit?: number;
  /** The producers of the videos that it watches from the beginning: `watchedOf`. */
  watched?: ReadonlySet<string>;
  /** It is counted and not listed, even if it may publish, until it does. */
  audience?: boolean;
}
