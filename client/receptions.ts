import type { Reception } from './reception.ts';

/**
 * The consumers of one track: the one that is shown, and those that come beside it, until the track goes over to one of
 * them, because its sender or we ourselves move to another server.
 */
export class Receptions {
  readonly #coming = new Set<Reception>();
  /** Producers that it came from before. */
  readonly #formerProducers = new Set<string>();
  /** How many are being made. */
  #expected = 0;
  /** Why the one that is shown ended, while another one comes. */
  #lost: string | undefined;

  constructor(private shown: Reception) {}

  get current(): Reception {
    return this.shown;
  }

  get all(): readonly Reception[] {
    return [this.shown, ...this.#coming];
  }

  find(consumerId: string): Reception | undefined {
    return this.all.find(({ id }) => id === consumerId);
  }

  /** Whether it comes from that producer, or did before its sender moved. */
  comesFrom(producerId: string): boolean {
    return (
      this.#formerProducers.has(producerId) ||
      this.all.some((reception) => reception.producerId === producerId)
    );
  }

  /** Whether it has gone over from that producer to another one. */
  hasLeft(producerId: string): boolean {
    return this.#formerProducers.has(producerId) && this.shown.producerId !== producerId;
  }

  /** Another one is being made. Call `arrived` when it is, or has failed. */
  expect(): void {
    this.#expected += 1;
  }

  /** @returns why the track has ended, if nothing else comes */
  arrived(): string | undefined {
    this.#expected -= 1;
    return this.#end;
  }

  add(reception: Reception): void {
    this.#coming.add(reception);
  }

  isComing(reception: Reception): boolean {
    return this.#coming.has(reception);
  }

  /**
   * One of those that come is shown from now on.
   * @returns those that are not needed any more: the former one, what came over the same connection before this one, and
   * what came over a connection that was left
   */
  show(reception: Reception): readonly Reception[] {
    const former = this.shown;
    const coming = [...this.#coming];
    const older = coming.slice(0, coming.indexOf(reception)).filter(({ media }) => media === reception.media);
    const left = coming.filter(({ media }) => media === former.media && media !== reception.media);
    for (const each of [...older, ...left, reception]) this.#coming.delete(each);
    this.shown = reception;
    this.#lost = undefined;
    if (former.producerId !== reception.producerId) this.#formerProducers.add(former.producerId);
    return [former, ...older, ...left];
  }

  /** It ended. @returns why the track has ended, if nothing else comes */
  lose(reception: Reception, reason: string): string | undefined {
    if (reception === this.shown) this.#lost ??= reason;
    else this.#coming.delete(reception);
    return this.#end;
  }

  get #end(): string | undefined {
    return this.#coming.size === 0 && this.#expected === 0 ? this.#lost : undefined;
  }

  /**
   * Asks the server for something, for each of them.
   * @throws the error of the one that is shown, when none is granted
   */
  async ask(request: (reception: Reception) => Promise<void>): Promise<void> {
    const answers = await Promise.allSettled(this.all.map(request));
    if (answers.some(({ status }) => status === 'fulfilled')) return;
    const [first] = answers;
    if (first?.status === 'rejected') throw first.reason;
  }
}
