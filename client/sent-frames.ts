/** Characters of frames that are kept. Beyond that what was lost is not known, and the connection cannot resume. */
const maxCharacters = 1024 * 1024;

/** What was sent and may not have come: to be sent again over another socket. */
export class SentFrames {
  #texts: string[] = [];
  #characters = 0;
  #count = 0;

  /** @returns the number of the frame */
  add(text: string): number {
    this.#count += 1;
    this.#texts.push(text);
    this.#characters += text.length;
    while (this.#characters > maxCharacters) this.#forgetFirst();
    return this.#count;
  }

  /** The server has so many. */
  arrived(count: number): void {
    while (this.#texts.length > 0 && this.#count - this.#texts.length < count) this.#forgetFirst();
  }

  /** Those that a server lacks which has so many; undefined when they are not kept. */
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
