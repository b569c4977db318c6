import type { PeerInfo, ProducerInfo } from './protocol.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { TrackSource } from './sources.ts';

/** A peer's description of its device. */
export type DeviceInfo = PeerInfo['device'];

/** Another participant. The object stays the same when its connection, or ours, is replaced. */
export class RemotePeer {
  /** Its tracks that are received. */
  readonly tracks = new Set<RemoteTrack>();
  /** Its publications by producer id; only with `autoSubscribe: false`. */
  readonly publications = new Map<string, ProducerInfo>();
  displayName: string;
  device: DeviceInfo;
  /** Its media is being rebuilt; it should be back in a moment. */
  away = false;

  readonly id: string;

  constructor(info: PeerInfo) {
    this.id = info.id;
    this.displayName = info.displayName;
    this.device = info.device;
  }

  /** The track of that source, if it is received. */
  track(source: TrackSource): RemoteTrack | undefined {
    return [...this.tracks].find((track) => track.source === source);
  }
}
