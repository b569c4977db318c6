import type { PeerInfo, ProducerInfo } from './protocol.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { TrackSource } from './sources.ts';

/** What a peer says of its device. */
export type DeviceInfo = PeerInfo['device'];

/** Another participant. The object stays the same while its connection, or ours, is built anew. */
export class RemotePeer {
  /** What is received of it. */
  readonly tracks = new Set<RemoteTrack>();
  /** What it publishes, by producer id; kept only by clients that subscribe by choice. */
  readonly publications = new Map<string, ProducerInfo>();
  displayName: string;
  device: DeviceInfo;
  /** Its media is being built anew; it is expected back in a moment. */
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
