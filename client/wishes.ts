import type { Layers } from './layers.ts';
import type { Reception } from './reception.ts';
import type { Receptions } from './receptions.ts';

type Pauser = 'application' | 'size';

/** What is asked of the server for a track: whether it is received, in which layers, and with which priority. */
export class Wishes {
  readonly #pausedBy = new Set<Pauser>();
  #layers: Layers | undefined;
  #priority = 1;
  #priorityChosen = false;

  constructor(
    private readonly receptions: Receptions,
    /** It was paused or resumed. */
    private readonly changed: () => void,
  ) {}

  get paused(): boolean {
    return this.#pausedBy.size > 0;
  }

  get layers(): Layers | undefined {
    return this.#layers;
  }

  async pause(by: Pauser): Promise<void> {
    const was = this.paused;
    this.#pausedBy.add(by);
    if (was) return;
    const asking = this.receptions.ask((reception) => reception.pause());
    this.changed();
    await asking;
  }

  async resume(by: Pauser): Promise<void> {
    if (!this.#pausedBy.delete(by) || this.paused) return;
    const asking = this.receptions.ask((reception) => reception.resume());
    this.changed();
    await asking;
  }

  async want(layers: Layers): Promise<void> {
    this.#layers = layers;
    await this.receptions.ask((reception) => reception.prefer(layers));
  }

  async prioritise(priority: number): Promise<void> {
    this.#priorityChosen = true;
    await this.#prioritise(priority);
  }

  /** Without a choice of the application. */
  async suggestPriority(priority: number): Promise<void> {
    if (!this.#priorityChosen && this.#priority !== priority) await this.#prioritise(priority);
  }

  /** Asks the same for another consumer of the track. */
  tell(reception: Reception): void {
    const asking: Promise<void>[] = [];
    if (this.paused) asking.push(reception.pause());
    if (this.#layers) asking.push(reception.prefer(this.#layers));
    if (this.#priority !== 1) asking.push(reception.prioritise(this.#priority));
    // If its connection is lost, the track does not go over to it.
    Promise.all(asking).catch(() => {});
  }

  async #prioritise(priority: number): Promise<void> {
    this.#priority = priority;
    await this.receptions.ask((reception) => reception.prioritise(priority));
  }
}
