import type { IncomingData } from '../media/incoming-data.ts';
import type { RemotePeerRef } from '../remote-events.ts';
import type { Audience } from './audience.ts';
import type { DataPublication, DataPublicationHandle, DataPublicationInfo } from './publication.ts';
import type { DataPublicationShare } from './share.ts';

/** A data channel on which a peer on another node sends. */
export class RemoteDataPublication implements DataPublication {
  readonly info: DataPublicationInfo;
  readonly handle: DataPublicationHandle;
  readonly channel: IncomingData;
  readonly audience: Audience;

  constructor(
    readonly peer: RemotePeerRef,
    { id, label, protocol, appData, openedAt, offered, delivery }: DataPublicationShare,
    { channel, audience }: { channel: IncomingData; audience: Audience },
  ) {
    this.channel = channel;
    this.audience = audience;
    const { roomId, peerId, sessionId } = peer;
    this.info = { roomId, peerId, sessionId, id, label, protocol, appData, openedAt, offered, delivery };
    this.handle = channel;
  }

  /** It ended where it is published, or its node did. */
  close(): void {
    this.audience.close();
    this.channel.close();
  }
}
