import type { MediaObject, MediaObjectKind, MediaObjects } from '../../src/sfu/rooms/media-index.ts';
import type { Tally } from './tally.ts';

/** What a collector makes of one media object. */
export interface Follower<K extends MediaObjectKind = MediaObjectKind> {
  /** Called with its statistics in each pass, and once more when the server is about to close it. */
  sample?(statistics: readonly MediaObjects[K]['statistics'][]): void;
  /** Called in each pass after the sample, to count the object into gauges. */
  count?(tally: Tally): void;
  /** The object has closed. What was asked before may still come. */
  closed?(): void;
}

/** How the media objects of a kind are followed. */
export interface Following<K extends MediaObjectKind = MediaObjectKind> {
  start(object: MediaObject<K>): Follower<K>;
  /** It threw. Everything else goes on. */
  onError(error: unknown): void;
}

/** A media object with all that follow it. One that throws disturbs no other. */
export class Subject {
  readonly #followers: readonly (readonly [Follower, Following])[];

  constructor(
    readonly object: MediaObject,
    followings: readonly Following[],
  ) {
    this.#followers = followings.flatMap((following) => {
      try {
        return [[following.start(object), following] as const];
      } catch (error) {
        following.onError(error);
        return [];
      }
    });
  }

  sample(statistics: readonly MediaObjects[MediaObjectKind]['statistics'][]): void {
    this.#each((follower) => follower.sample?.(statistics));
  }

  count(tally: Tally): void {
    this.#each((follower) => follower.count?.(tally));
  }

  closed(): void {
    this.#each((follower) => follower.closed?.());
  }

  #each(task: (follower: Follower) => void): void {
    for (const [follower, { onError }] of this.#followers) {
      try {
        task(follower);
      } catch (error) {
        onError(error);
      }
    }
  }
}
