import { SfuError } from '../../core/errors.ts';

/** The client did not answer an offer in time. */
export class Unanswered extends SfuError {
  constructor(
    message: string,
    /** Resolves when it accepts after all, e.g. because its computer slept; it may never. */
    readonly accepted: Promise<void>,
  ) {
    super('gone', message);
  }
}
