import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';

/** Why a message of another node was not taken. */
export const dropReasons = [
  'malformed',
  'unknown_node',
  'too_large',
  'overloaded',
  'other_mesh',
  'clock_ahead',
] as const;
export type DropReason = (typeof dropReasons)[number];

const reportIntervalMs = 60_000;

/** Counts messages that were dropped, and tells of them once a minute, with the last one as an example. */
export class Drops {
  readonly counts: Record<DropReason, number> = {
    malformed: 0,
    unknown_node: 0,
    too_large: 0,
    overloaded: 0,
    other_mesh: 0,
    clock_ahead: 0,
  };
  #fresh = 0;
  #last: object = {};
  #cancel: (() => void) | undefined;

  constructor(
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  add(reason: DropReason, about: { readonly subject: string; readonly detail?: string }): void {
    this.counts[reason] += 1;
    this.#fresh += 1;
    this.#last = { reason, ...about };
    if (this.#cancel) return;
    // The first one at once, the others of this minute together.
    this.#tell();
    this.#cancel = this.clock.after(reportIntervalMs, () => {
      this.#cancel = undefined;
      this.#tell();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #tell(): void {
    if (this.#fresh === 0) return;
    this.log.warn('messages between nodes were dropped', {
      messages: this.#fresh,
      last: this.#last,
      total: { ...this.counts },
    });
    this.#fresh = 0;
  }
}
