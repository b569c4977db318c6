import type { types } from 'mediasoup';
import { SfuError } from '../../core/errors.ts';
import type { MediaKind, Source } from '../../core/sources.ts';
import type { PeerRef } from '../events.ts';

/** What a track is coded in. */
export interface Coding {
  readonly kind: MediaKind;
  readonly codec: string;
  /** Of RTP timestamps, in Hz. */
  readonly clockRate: number;
}

/** The kinds of media objects, each with how it is now and with what the worker says of it. */
export interface MediaObjects {
  transport: {
    state: {
      readonly type: 'webrtc' | 'plain' | 'pipe';
      /** Null for RTP without WebRTC. */
      readonly iceState: types.IceState | null;
      readonly dtlsState: types.DtlsState | null;
      readonly sctpState: types.SctpState | null;
      readonly protocol: types.TransportProtocol | null;
      /** Where the packets of the client come from; null before they do. */
      readonly remoteIp: string | null;
    };
    statistics: types.BaseTransportStats;
  };
  producer: {
    state: { readonly coding: Coding; readonly source: Source; readonly paused: boolean };
    statistics: types.ProducerStat;
  };
  consumer: {
    state: {
      readonly coding: Coding;
      readonly type: types.ConsumerType;
      readonly paused: boolean;
      readonly producerPaused: boolean;
      readonly preferredLayers: types.ConsumerLayers | null;
      readonly currentLayers: types.ConsumerLayers | null;
    };
    statistics: types.ConsumerStat | types.ProducerStat;
  };
  dataProducer: { state: { readonly label: string }; statistics: types.DataProducerStat };
  dataConsumer: { state: { readonly label: string }; statistics: types.DataConsumerStat };
}
export type MediaObjectKind = keyof MediaObjects;

/** A transport, producer or consumer of a peer, as those who measure see it. */
export interface MediaObject<K extends MediaObjectKind = MediaObjectKind> extends PeerRef {
  readonly object: K;
  readonly id: string;
  /** The transport that carries it; of a transport its own id. */
  readonly transportId: string;
  /** Index of the worker that carries it. */
  readonly worker: number;
  /** How it is now. */
  state(): MediaObjects[K]['state'];
  /**
   * Asks the worker. A reading that is younger than `maxAge` milliseconds is used again. Rejects when the object or
   * its worker is gone.
   */
  statistics(maxAge?: number): Promise<readonly MediaObjects[K]['statistics'][]>;
}

/** Any of them, told apart by `object`. */
export type AnyMediaObject = { [K in MediaObjectKind]: MediaObject<K> }[MediaObjectKind];

export interface MediaWatcher {
  added(object: AnyMediaObject): void;
  /** It is about to be closed by the server: what is asked now is still answered. Not called when a worker dies. */
  ending(object: AnyMediaObject): void;
  removed(object: AnyMediaObject): void;
}

/** Every transport, producer and consumer of the peers on this node, by id: what metrics and dashboard measure. */
export class MediaIndex {
  readonly #objects = new Map<string, AnyMediaObject>();
  readonly #ending = new Set<string>();
  #watcher: MediaWatcher | undefined;

  /** Follows all that is there, and what comes. There is one watcher, which the metrics are. */
  watch(watcher: MediaWatcher): void {
    this.#watcher = watcher;
    for (const object of this.#objects.values()) watcher.added(object);
  }

  find(id: string): AnyMediaObject | undefined {
    return this.#objects.get(id);
  }

  /** @throws SfuError not_found, for an object of another room too */
  get(id: string, roomId: string): AnyMediaObject {
    const object = this.#objects.get(id);
    if (object?.roomId === roomId) return object;
    throw new SfuError(
      'not_found',
      `there is no transport, producer or consumer "${id}" in room "${roomId}"; it may have closed`,
    );
  }

  add(object: AnyMediaObject): void {
    this.#objects.set(object.id, object);
    this.#watcher?.added(object);
  }

  /** To be called before the server closes an object, while its worker still knows its statistics. */
  ending(id: string): void {
    const object = this.#objects.get(id);
    if (!object || this.#ending.has(id)) return;
    this.#ending.add(id);
    this.#watcher?.ending(object);
  }

  remove(id: string): void {
    const object = this.#objects.get(id);
    if (!object) return;
    this.#objects.delete(id);
    this.#ending.delete(id);
    this.#watcher?.removed(object);
  }
}

/** Reads statistics, and keeps the last reading for those who ask soon after. */
export function readings<S>(ask: () => Promise<readonly S[]>): (maxAge?: number) => Promise<readonly S[]> {
  let last: { readonly at: number; readonly statistics: readonly S[] } | undefined;
  return async (maxAge = 0) => {
    if (last && performance.now() - last.at < maxAge) return last.statistics;
    const statistics = await ask();
    last = { at: performance.now(), statistics };
    return statistics;
  };
}
