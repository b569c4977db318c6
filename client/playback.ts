import { ClientError } from './errors.ts';

/** Elements that play what is received: on which loudspeaker, and whether the browser lets them. */
export class Playback {
  /** What each element is told when it begins or ceases to be blocked. */
  readonly #elements = new Map<HTMLMediaElement, (blocked: boolean) => void>();
  readonly #blocked = new Set<HTMLMediaElement>();
  #speaker: string | undefined;

  constructor(private readonly changed: (canPlay: boolean) => void) {}

  /** Whether the browser plays everything that is attached. */
  get canPlay(): boolean {
    return this.#blocked.size === 0;
  }

  /** Plays an element as soon as the browser lets it. @returns a function that ends that */
  play(element: HTMLMediaElement, onBlocked: (blocked: boolean) => void): () => void {
    this.#elements.set(element, onBlocked);
    // Also by the element's own controls.
    const playing = () => this.#set(element, false);
    element.addEventListener('playing', playing);
    if (this.#speaker !== undefined) void element.setSinkId?.(this.#speaker).catch(() => {});
    void this.#start(element);
    return () => {
      element.removeEventListener('playing', playing);
      this.#set(element, false);
      this.#elements.delete(element);
    };
  }

  /**
   * Plays what the browser has refused to play, in the handler of a click.
   * @throws ClientError permission_denied when it still refuses
   */
  async start(): Promise<void> {
    await Promise.all([...this.#blocked].map((element) => this.#start(element)));
    if (this.canPlay) return;
    throw new ClientError(
      'permission_denied',
      'the browser plays sound only after a click; call startPlayback in the handler of one',
    );
  }

  /** Plays everything on that loudspeaker, also what comes later. @throws ClientError unsupported, device_missing */
  async setSpeaker(deviceId: string): Promise<void> {
    if (!('setSinkId' in HTMLMediaElement.prototype))
      throw new ClientError(
        'unsupported',
        'this browser plays on the loudspeaker of the system; choose it in the settings of the system',
      );
    try {
      // An element that plays nothing finds out whether there is such a device.
      await new Audio().setSinkId(deviceId);
      await Promise.all([...this.#elements.keys()].map((element) => element.setSinkId(deviceId)));
    } catch (cause) {
      throw new ClientError('device_missing', 'there is no such loudspeaker; choose another', { cause });
    }
    this.#speaker = deviceId;
  }

  async #start(element: HTMLMediaElement): Promise<void> {
    try {
      await element.play();
      this.#set(element, false);
    } catch (error) {
      // Any other error comes from what the application does with the element meanwhile.
      const isRefusal = error instanceof DOMException && error.name === 'NotAllowedError';
      if (isRefusal && this.#elements.has(element)) this.#set(element, true);
    }
  }

  #set(element: HTMLMediaElement, blocked: boolean): void {
    if (this.#blocked.has(element) === blocked) return;
    const before = this.canPlay;
    if (blocked) this.#blocked.add(element);
    else this.#blocked.delete(element);
    this.#elements.get(element)?.(blocked);
    if (before !== this.canPlay) this.changed(this.canPlay);
  }
}
