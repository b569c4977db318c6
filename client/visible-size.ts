import { type ElementView, followView } from './element-view.ts';
import { fullSize, layerFor, type Size } from './layers.ts';

/** The part of a track that is needed here. */
export interface SizeDriven {
  readonly layerCount: () => number;
  /** The spatial layer that arrives now. */
  readonly arrivingLayer: () => number | undefined;
  /** How large the best layer is, as long as nothing has arrived. */
  readonly guessSize: () => Size;
  /** No element is visible. */
  readonly hide: () => Promise<void>;
  /** It is shown in a size for which this layer suffices. */
  readonly show: (spatialLayer: number) => Promise<void>;
}

/** Delay before a video out of view is paused, so that scrolling causes no pauses and key frames. */
const hiddenDelayMs = 1000;
/** Limits the pixel ratio: dense screens have more pixels than a call needs. */
const maxPixelRatio = 2;

/**
 * Adapts a track to the size in which it is shown: watches its elements, pauses the track while none of
 * them is in view, and otherwise requests the smallest layer that fills the largest.
 */
export class VisibleSize {
  readonly #elements = new Map<HTMLVideoElement, { readonly view: ElementView; readonly stop: () => void }>();
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly track: SizeDriven) {}

  /** Whether any element is watched. */
  get active(): boolean {
    return this.#elements.size > 0;
  }

  /** @returns a function that ends the watch. */
  watch(element: HTMLVideoElement): () => void {
    this.#elements.get(element)?.stop();
    const update = () => this.update();
    const resizes = new ResizeObserver(update);
    const view = followView(element, true, update);
    const stop = () => {
      resizes.disconnect();
      view.stop();
      element.removeEventListener('resize', update);
      this.#elements.delete(element);
      update();
    };
    this.#elements.set(element, { view, stop });
    resizes.observe(element);
    // The element knows the size of the arriving picture, from which the size of the best layer follows.
    element.addEventListener('resize', update);
    return stop;
  }

  stop(): void {
    for (const { stop } of [...this.#elements.values()]) stop();
    clearTimeout(this.#hiding);
  }

  /** Updates the choice, e.g. because another layer arrives. */
  update(): void {
    if (!this.active) return clearTimeout(this.#hiding);
    const shown = this.#largest();
    if (!shown) {
      this.#hiding ??= setTimeout(() => ignore(this.track.hide()), hiddenDelayMs);
      return;
    }
    clearTimeout(this.#hiding);
    this.#hiding = undefined;
    const { track } = this;
    const { videoWidth: width, videoHeight: height } = shown.element;
    const count = track.layerCount();
    const full = fullSize({ width, height }, track.arrivingLayer(), count, track.guessSize());
    ignore(track.show(layerFor(shown, full, count)));
  }

  #largest(): (Size & { element: HTMLVideoElement }) | undefined {
    const ratio = Math.min(globalThis.devicePixelRatio ?? 1, maxPixelRatio);
    const sizes = [...this.#elements]
      .filter(([, { view }]) => view.inView)
      .map(([element]) => ({
        element,
        width: element.clientWidth * ratio,
        height: element.clientHeight * ratio,
      }))
      .filter(({ width, height }) => width > 0 && height > 0);
    return sizes.sort((one, other) => other.width * other.height - one.width * one.height)[0];
  }
}

/** Ignores errors: the track may end at any time, and then the request does not matter. */
function ignore(asking: Promise<void>): void {
  asking.catch(() => {});
}
