import type { LayerCounts, Layers, Size } from './layers.ts';
import type { TrackSource } from './sources.ts';
import { VisibleSize } from './visible-size.ts';
import type { Wishes } from './wishes.ts';

/** Assumed size of the best layer, until one has arrived. */
const usualSize: Record<'camera' | 'screen', Size> = {
  camera: { width: 1280, height: 720 },
  screen: { width: 1920, height: 1080 },
};

/** The part of a track that is needed here. */
interface Layered {
  readonly source: TrackSource;
  readonly layers: Layers | null;
  readonly layerCounts: LayerCounts;
}

/** In which layers a track is received: as the application chose, or as the size of its elements needs. */
export class LayerChoice {
  /** The application has chosen. */
  chosen = false;
  readonly #visibleSize: VisibleSize;

  constructor(
    private readonly track: Layered,
    private readonly wishes: Wishes,
    /** Whether it ends by itself when it is out of view. */
    leaves: () => boolean,
  ) {
    this.#visibleSize = new VisibleSize({
      guessSize: () => usualSize[track.source === 'screen' ? 'screen' : 'camera'],
      layerCount: () => track.layerCounts.spatial,
      arrivingLayer: () => track.layers?.spatialLayer,
      hide: async () => {
        if (!leaves()) await wishes.pause('size');
      },
      show: (spatialLayer) => this.#show(spatialLayer),
    });
  }

  watch(element: HTMLVideoElement): () => void {
    return this.#visibleSize.watch(element);
  }

  /** Other layers arrive. */
  update(): void {
    this.#visibleSize.update();
  }

  stop(): void {
    this.#visibleSize.stop();
  }

  async choose(layers: Layers): Promise<void> {
    this.chosen = true;
    await this.wishes.want(layers);
  }

  async automatic(): Promise<void> {
    this.chosen = false;
    const { spatial, temporal } = this.track.layerCounts;
    await this.wishes.want({ spatialLayer: spatial - 1, temporalLayer: temporal - 1 });
    this.update();
  }

  async #show(spatialLayer: number): Promise<void> {
    const resuming = this.wishes.resume('size');
    const { spatial, temporal } = this.track.layerCounts;
    const changes = !this.chosen && this.wishes.layers?.spatialLayer !== spatialLayer;
    if (changes && spatial > 1) await this.wishes.want({ spatialLayer, temporalLayer: temporal - 1 });
    await resuming;
  }
}
