import { afterTimeout } from './backoff.ts';
import type { RemoteTrack } from './remote-track.ts';

/**
 * What gets the last bandwidth. The worker gives each video its smallest layer in the order of priorities, then all the
 * layers of those above 9 in that order, for no video has more. Sound is no part of it: it is always sent.
 */
const priorities = { screen: 200, speaker: 100, others: 1 } as const;

/** The camera that comes first changes no more often, however fast the speakers take turns. */
const speakerIntervalMs = 3000;

type Prioritised = Pick<RemoteTrack, 'source' | 'peerId' | 'suggestPriority'>;

export interface PrioritiesOptions {
  readonly ownPeerId: string;
  readonly tracks: (peerId: string) => Iterable<Prioritised>;
  readonly after?: (milliseconds: number, run: () => void) => () => void;
}

/** Lets shared screens come first when bandwidth is scarce, then the camera of who speaks, then the others. */
export class Priorities {
  /** Whose camera comes first; who spoke last while nobody speaks. */
  #speaker: string | undefined;
  #latest: string | undefined;
  #cancel: (() => void) | undefined;

  constructor(private readonly options: PrioritiesOptions) {}

  added(track: Prioritised): void {
    if (track.source === 'screen') suggest(track, priorities.screen);
    else if (track.source === 'camera' && track.peerId === this.#speaker) suggest(track, priorities.speaker);
  }

  /** The active speaker changed. In silence, and while we speak ourselves, the last one stays first. */
  spoke(peerId: string | null): void {
    if (peerId === null || peerId === this.options.ownPeerId) return;
    this.#latest = peerId;
    if (!this.#cancel) this.#change();
  }

  reset(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#speaker = undefined;
    this.#latest = undefined;
  }

  #change(): void {
    this.#cancel = undefined;
    const [before, now] = [this.#speaker, this.#latest];
    if (now === undefined || now === before) return;
    this.#speaker = now;
    if (before !== undefined) this.#cameras(before, priorities.others);
    this.#cameras(now, priorities.speaker);
    const { after = afterTimeout } = this.options;
    this.#cancel = after(speakerIntervalMs, () => this.#change());
  }

  #cameras(peerId: string, priority: number): void {
    for (const track of this.options.tracks(peerId)) if (track.source === 'camera') suggest(track, priority);
  }
}

/** Ignores errors: the track may end at any time, and then its priority does not matter. */
function suggest(track: Prioritised, priority: number): void {
  track.suggestPriority(priority).catch(() => {});
}
