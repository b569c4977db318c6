/** Frames, and characters of them, that are kept for a client that may have missed them; the oldest go first. */
export const sentLogLimits = { count: 1024, characters: 512 * 1024 } as const;

/** What was sent to a client and may not have arrived, by number: the first frame of a stay is number one. */
export class SentLog {
  #texts: string[] = [];
  #characters = 0;
  #count = 0;

  /** How many frames were sent. */
  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    this.#count += 1;
    this.#texts.push(text);
    this.#characters += text.length;
    while (this.#texts.length > sentLogLimits.count || this.#characters > sentLogLimits.characters)
      this.#forgetFirst();
  }

  /** The client has so many frames. */
  received(count: number): void {
    while (this.#texts.length > 0 && this.#count - this.#texts.length < count) this.#forgetFirst();
  }

  /** What a client missed that has so many frames; undefined when that is not kept any more, or was never sent. */
  after(count: number): readonly string[] | undefined {
    const missing = this.#count - count;
    if (missing < 0 || missing > this.#texts.length) return undefined;
    return this.#texts.slice(this.#texts.length - missing);
  }

  /** Counts from zero again. */
  reset(): void {
    this.#texts = [];
    this.#characters = 0;
    this.#count = 0;
  }

  #forgetFirst(): void {
    this.#characters -= this.#texts.shift()?.length ?? 0;
  }
}
