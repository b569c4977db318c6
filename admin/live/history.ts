/** A ring buffer of the last values, for a graph. */
export class History {
  /** Single precision is enough for a graph, and every peer has three of them. */
  readonly #values: Float32Array;
  #length = 0;
  #next = 0;

  constructor(readonly size = 60) {
    this.#values = new Float32Array(size);
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.size;
    this.#length = Math.min(this.#length + 1, this.size);
  }

  /** The oldest first. */
  get values(): number[] {
    const start = this.#length < this.size ? 0 : this.#next;
    return Array.from({ length: this.#length }, (_, index) => this.#values[(start + index) % this.size] ?? 0);
  }

  get last(): number {
    return this.#length === 0 ? 0 : (this.#values[(this.#next + this.size - 1) % this.size] ?? 0);
  }
}
