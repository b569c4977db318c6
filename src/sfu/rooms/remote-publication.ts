import type { types } from 'mediasoup';
import * as ortc from 'mediasoup/ortc';
import { type CodecName, codecLabel } from '../../core/codecs.ts';
import { SfuError } from '../../core/errors.ts';
import { deepFreeze } from '../../core/freeze.ts';
import type { PipedTrack } from '../media/piped-track.ts';
import type { RemotePeerRef } from '../remote-events.ts';
import type { Holder, Publication, PublicationHandle, PublicationInfo } from './publication.ts';
import type { PublicationShare } from './share.ts';

/** Something that a peer on another node publishes. Its media is brought here when somebody wants it. */
export class RemotePublication implements Publication {
  readonly info: PublicationInfo;
  readonly handle: PublicationHandle;
  readonly #pausedBy: Set<Holder>;
  readonly #onClose = new Set<() => void>();
  #closed = false;
  #mayReturn = false;

  constructor(
    readonly peer: RemotePeerRef,
    share: PublicationShare,
    readonly track: PipedTrack,
    /** Of the room on this node. */
    private readonly codecs: () => readonly CodecName[],
  ) {
    const { roomId, peerId, sessionId } = peer;
    const { consumable, pausedBy, ...plain } = share;
    this.#pausedBy = new Set(pausedBy);
    this.info = { ...plain, roomId, peerId, sessionId, pausedBy: this.#pausedBy };
    this.handle = this.#handle(deepFreeze(consumable));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get paused(): boolean {
    return this.#pausedBy.size > 0;
  }

  /** Takes over who holds it. @returns whether media now stops, or flows again; undefined when neither */
  hold(holders: readonly Holder[]): boolean | undefined {
    const was = this.paused;
    this.#pausedBy.clear();
    for (const holder of holders) this.#pausedBy.add(holder);
    if (was === this.paused) return undefined;
    this.track.setPaused(this.paused);
    return this.paused;
  }

  /** It ended where it is published, or its node did, which may come back with it. */
  close({ mayReturn = false } = {}): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#mayReturn = mayReturn;
    this.track.close();
    for (const listener of this.#onClose) listener();
    this.#onClose.clear();
  }

  /** The room may have been opened here while this node knew nothing of the other one. */
  #requireCodec(): void {
    const { codec } = this.info;
    const codecs = this.codecs();
    if (codecs.some((name) => codecLabel(name) === codec)) return;
    throw new SfuError(
      'unsupported',
      `on this node the room has ${codecs.join(', ')}, and not ${codec}; it has what its first node offered once nobody is in it here and it is opened again`,
    );
  }

  #handle(consumable: types.RtpParameters): PublicationHandle {
    const closed = () => this.#closed;
    const mayReturn = () => this.#mayReturn;
    return {
      get mayReturn() {
        return mayReturn();
      },
      get closed() {
        return closed();
      },
      bring: async (to) => {
        this.#requireCodec();
        return await this.track.bring(to);
      },
      // mediasoup fills in what is missing in the capabilities.
      canBePlayed: (rtpCapabilities) => ortc.canConsume(consumable, structuredClone(rtpCapabilities)),
      consumableCodecs: consumable.codecs,
      statistics: () => this.track.statistics(),
      onClose: (listener) => void this.#onClose.add(listener),
      remote: this.track,
    };
  }
}

/** Names it in events. */
export function producerRef({ peer, info }: RemotePublication) {
  return { ...peer, producerId: info.id, kind: info.kind, source: info.source };
}
