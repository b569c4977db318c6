import { fullSize, layerFor, type Size } from './layers.ts';

/** What the driver needs of a track. */
export interface SizeDriven {
  readonly layerCount: () => number;
  /** The spatial layer that arrives now. */
  readonly arrivingLayer: () => number | undefined;
  /** How large the best layer is, as long as nothing has arrived. */
  readonly guessSize: () => Size;
  /** No element shows it. */
  readonly hide: () => Promise<void>;
  /** It is shown in a size for which this layer suffices. */
  readonly show: (spatialLayer: number) => Promise<void>;
}

/** A video that goes out of view for a moment, as while scrolling, is not worth a pause and a key frame. */
const hiddenPatience = 1000;
/** The densest screens show more pixels than anyone sees in a call. */
const mostPixelRatio = 2;

/**
 * Lets a track cost what it shows: it watches the elements in which the track is shown, pauses the track while none of
 * them is in view, and otherwise asks for the least layer that fills the largest.
 */
export class VisibleSize {
  readonly #elements = new Map<HTMLVideoElement, () => void>();
  readonly #inView = new Set<HTMLVideoElement>();
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly track: SizeDriven) {}

  /** Whether any element is watched. */
  get active(): boolean {
    return this.#elements.size > 0;
  }

  /** @returns a function that ends the watch. */
  watch(element: HTMLVideoElement): () => void {
    this.#elements.get(element)?.();
    const update = () => this.update();
    const resizes = new ResizeObserver(update);
    const views = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting) this.#inView.add(element);
      else this.#inView.delete(element);
      update();
    });
    const { ownerDocument } = element;
    const stop = () => {
      resizes.disconnect();
      views.disconnect();
      element.removeEventListener('resize', update);
      ownerDocument.removeEventListener('visibilitychange', update);
      this.#elements.delete(element);
      this.#inView.delete(element);
      update();
    };
    this.#elements.set(element, stop);
    this.#inView.add(element);
    resizes.observe(element);
    views.observe(element);
    // The element tells the size of the arriving picture, from which that of the best layer follows.
    element.addEventListener('resize', update);
    ownerDocument.addEventListener('visibilitychange', update);
    return stop;
  }

  stop(): void {
    for (const stop of [...this.#elements.values()]) stop();
    clearTimeout(this.#hiding);
  }

  /** Looks again, e.g. because another layer arrives. */
  update(): void {
    if (!this.active) return clearTimeout(this.#hiding);
    const shown = this.#largest();
    if (!shown) {
      this.#hiding ??= setTimeout(() => ignore(this.track.hide()), hiddenPatience);
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
    const ratio = Math.min(globalThis.devicePixelRatio ?? 1, mostPixelRatio);
    const sizes = [...this.#inView]
      .filter(
        (element) =>
          element.ownerDocument.visibilityState === 'visible' ||
          element.ownerDocument.pictureInPictureElement === element,
      )
      .map((element) => ({
        element,
        width: element.clientWidth * ratio,
        height: element.clientHeight * ratio,
      }))
      .filter(({ width, height }) => width > 0 && height > 0);
    return sizes.sort((one, other) => other.width * other.height - one.width * one.height)[0];
  }
}

/** The track may end at any time; then what was asked for it is of no interest any more. */
function ignore(asking: Promise<void>): void {
  asking.catch(() => {});
}
