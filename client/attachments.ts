import { wait } from './backoff.ts';
import type { Playback } from './playback.ts';

/** How long a change of an element takes at most. */
const settlingMs = 300;

export interface AttachmentsOptions {
  readonly playback: Playback;
  /** An element begins or ceases to be blocked. */
  readonly changed: () => void;
  /** Follows the size of an element. @returns what ends that */
  readonly watchSize: (element: HTMLMediaElement) => () => void;
}

/** The elements that play one track. */
export class Attachments {
  readonly #streams = new Map<HTMLMediaElement, MediaStream>();
  readonly #blocked = new Set<HTMLMediaElement>();

  constructor(private readonly options: AttachmentsOptions) {}

  /** The browser does not play one of them yet. */
  get blocked(): boolean {
    return this.#blocked.size > 0;
  }

  /** @returns a function that detaches it */
  add(element: HTMLMediaElement, mediaTrack: MediaStreamTrack): () => void {
    const { playback, watchSize } = this.options;
    const stream = new MediaStream([mediaTrack]);
    this.#streams.set(element, stream);
    element.srcObject = stream;
    element.autoplay = true;
    // Without it phones play videos in the whole screen.
    if (element instanceof HTMLVideoElement) element.playsInline = true;
    const stop = playback.play(element, (blocked) => this.#setBlocked(element, blocked));
    const unwatch = watchSize(element);
    return () => {
      stop();
      unwatch();
      this.#streams.delete(element);
      element.srcObject = null;
    };
  }

  /**
   * All of them play another track. The stream stays the same: an element that gets another one is black for a moment, and
   * one whose stream gets another track keeps its picture (seen in Chromium 156: no black picture, no event).
   */
  change(from: MediaStreamTrack, to: MediaStreamTrack): void {
    for (const stream of this.#streams.values()) {
      stream.addTrack(to);
      stream.removeTrack(from);
    }
  }

  /** A paused element keeps the last picture; a playing one would turn black. */
  pause(): void {
    for (const element of this.#streams.keys()) element.pause();
  }

  /**
   * The track is about to change to this one.
   * @returns what is to be called when it has, and gives the longest time between two pictures of all elements meanwhile, in
   * milliseconds; undefined when none is seen
   */
  expect(mediaTrack: MediaStreamTrack): () => Promise<number | undefined> {
    const isHeard = mediaTrack.kind === 'audio' && this.#streams.size > 0;
    const endSilent = isHeard ? playSilently(mediaTrack) : () => {};
    const watches = [...this.#streams.keys()].filter(showsPictures).map(watchPictures);
    return async () => {
      endSilent();
      if (watches.length === 0) return undefined;
      await wait(settlingMs);
      return Math.max(...watches.map((stop) => stop()));
    };
  }

  #setBlocked(element: HTMLMediaElement, blocked: boolean): void {
    if (blocked) this.#blocked.add(element);
    else this.#blocked.delete(element);
    this.options.changed();
  }
}

/**
 * Plays a sound that nobody hears, so that the browser has it ready: in Chromium an element that gets another track is silent for
 * 40 to 90 ms, and not at all when that track plays somewhere already.
 * @returns what ends it, once another element plays the sound
 */
function playSilently(mediaTrack: MediaStreamTrack): () => void {
  const element = new Audio();
  element.muted = true;
  element.srcObject = new MediaStream([mediaTrack]);
  // If it is refused there is a hole.
  element.play().catch(() => {});
  const end = () => {
    element.srcObject = null;
  };
  return () => void setTimeout(end, settlingMs);
}

/** Pages that nobody sees paint seldom. */
function showsPictures(element: HTMLMediaElement): element is HTMLVideoElement {
  return (
    element instanceof HTMLVideoElement &&
    'requestVideoFrameCallback' in element &&
    element.ownerDocument.visibilityState === 'visible'
  );
}

function watchPictures(element: HTMLVideoElement): () => number {
  let [longest, last] = [0, performance.now()];
  const look = () => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    handle = element.requestVideoFrameCallback(look);
  };
  let handle = element.requestVideoFrameCallback(look);
  return () => {
    element.cancelVideoFrameCallback(handle);
    return Math.round(Math.max(longest, performance.now() - last));
  };
}
