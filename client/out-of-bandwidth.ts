import { afterTimeout } from './backoff.ts';

/** The part of a track that is needed here. */
export interface Picture {
  /** The server has it, and nobody paused it. */
  readonly sent: () => boolean;
  /** The server forwards a layer of it. */
  readonly arrives: () => boolean;
  /** There is a path on which it could come. */
  readonly connected: () => boolean;
  /** It came into the state by itself, without news of the track. */
  readonly changed: () => void;
  readonly after?: (milliseconds: number, run: () => void) => () => void;
}

/** Delay before a picture that came before counts as stopped, so that a pause whose news are on their way does not. */
const stoppedDelayMs = 1000;
/** The same for one that has only begun: the path is being opened, and the sender asked for a key frame. */
const startDelayMs = 5000;

/** Whether the server sends us nothing of a picture, since our bandwidth takes not even its smallest layer. */
export class OutOfBandwidth {
  #active = false;
  #came = false;
  #cancel: (() => void) | undefined;

  constructor(private readonly picture: Picture) {}

  get active(): boolean {
    return this.#active && this.picture.connected();
  }

  /** Call it with all news of the track, before they are passed on. */
  look(): void {
    const [sent, arrives] = [this.picture.sent(), this.picture.arrives()];
    this.#came = sent && (arrives || this.#came);
    if (!sent || arrives) this.stop();
    else if (!this.#active) this.#wait();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#active = false;
  }

  #wait(): void {
    const { after = afterTimeout } = this.picture;
    this.#cancel ??= after(this.#came ? stoppedDelayMs : startDelayMs, () => this.#due());
  }

  #due(): void {
    this.#cancel = undefined;
    // Without a path nothing can be said; it is looked at again.
    if (!this.picture.connected()) return this.#wait();
    this.#active = true;
    this.picture.changed();
  }
}
