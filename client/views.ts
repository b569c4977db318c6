import { type ElementView, followView } from './element-view.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { TrackSource } from './sources.ts';

/** A video that somebody may publish. */
export interface VideoName {
  readonly peerId: string;
  readonly source: TrackSource;
}

interface Bound {
  readonly view: ElementView;
  /** An element that plays the video by itself. */
  readonly player: HTMLVideoElement | undefined;
  detach: () => void;
}

/** The elements that an application shows videos in, also while those are not received. */
export class Views {
  readonly #bound = new Map<string, Set<Bound>>();
  readonly #inView = new Set<string>();
  /** When they were in view last. */
  readonly #leftAt = new Map<string, number>();
  #used = false;

  constructor(private readonly changed: () => void) {}

  /** Whether the application says what it shows. */
  get used(): boolean {
    return this.#used;
  }

  /**
   * @param track what is received of it now
   * @returns what ends it
   */
  bind(video: VideoName, element: Element, track: RemoteTrack | undefined): () => void {
    const key = keyOf(video);
    this.#used = true;
    const look = () => this.#look(key);
    const player = element instanceof HTMLVideoElement ? element : undefined;
    const bound: Bound = { view: followView(element, false, look), player, detach: () => {} };
    const all = this.#bound.get(key) ?? new Set();
    this.#bound.set(key, all.add(bound));
    if (track) play(bound, track);
    return () => {
      bound.view.stop();
      bound.detach();
      all.delete(bound);
      look();
    };
  }

  /** Whether an element was ever bound to it. */
  has(video: VideoName): boolean {
    return this.#bound.has(keyOf(video));
  }

  shows(video: VideoName): boolean {
    return this.#inView.has(keyOf(video));
  }

  /** When it was in view last, by the clock of `performance`; undefined while it is, and before it ever was. */
  leftAt(video: VideoName): number | undefined {
    return this.#leftAt.get(keyOf(video));
  }

  /** It is received. The last picture stays until the next one comes. */
  arrived(track: RemoteTrack): void {
    for (const bound of this.#bound.get(keyOf(track)) ?? []) play(bound, track);
  }

  /** Forgets what is not published any more, and bound to no element. */
  keep(videos: Iterable<VideoName>): void {
    const published = new Set([...videos].map(keyOf));
    for (const [key, { size }] of this.#bound) {
      if (size > 0 || published.has(key)) continue;
      this.#bound.delete(key);
      this.#leftAt.delete(key);
    }
  }

  #look(key: string): void {
    const shown = [...(this.#bound.get(key) ?? [])].some(({ view }) => view.inView);
    if (shown === this.#inView.has(key)) return;
    if (shown) {
      this.#inView.add(key);
      this.#leftAt.delete(key);
    } else {
      this.#inView.delete(key);
      this.#leftAt.set(key, performance.now());
    }
    this.changed();
  }
}

function play(bound: Bound, track: RemoteTrack): void {
  if (!bound.player) return;
  bound.detach();
  bound.detach = track.attach(bound.player);
}

function keyOf({ peerId, source }: VideoName): string {
  return `${source} ${peerId}`;
}
