import type { Logger } from '../../core/log.ts';
import { examine } from './examine.ts';
import type { Check, Finding, Patient } from './finding.ts';

export interface WatchOptions {
  patient: Patient;
  log: Logger;
  /** Runs something after so many milliseconds; the timers of the process unless told. */
  after?: (milliseconds: number, run: () => void) => void;
}

/** How long a fatal finding stands before it is looked at again. */
const interval = 15_000;

/** The self-check of a running node: at the start, and again as long as something fatal stands. */
export class Watch {
  readonly #after: NonNullable<WatchOptions['after']>;
  #fatal: readonly Finding[] = [];

  constructor(private readonly options: WatchOptions) {
    this.#after = options.after ?? ((milliseconds, run) => void setTimeout(run, milliseconds).unref());
  }

  /** Why new calls should go elsewhere. */
  get reasons(): string[] {
    return this.#fatal.map(({ what }) => what);
  }

  /** Before the server listens: looks at everything that takes no time, the ports among it. */
  async beforeStart(): Promise<void> {
    await this.#look((check) => !check.onlyOnDemand);
  }

  /** Once the server listens: what it could bind is no finding any more, and the rest is looked at again. */
  async started(): Promise<void> {
    if (this.#fatal.length > 0) await this.#lookAgain();
  }

  async #lookAgain(): Promise<void> {
    const before = this.reasons;
    await this.#look((check) => !check.onlyOnDemand && !check.bindsPorts);
    if (this.#fatal.length > 0) this.#after(interval, () => void this.#lookAgain());
    else this.options.log.info('what the self-check found is mended', { before });
  }

  async #look(chosen: (check: Check) => boolean): Promise<void> {
    const { patient, log } = this.options;
    const known = new Set(this.reasons);
    const examined = await examine(patient, chosen);
    const findings = examined.flatMap(({ findings: found }) => found);
    this.#fatal = findings.filter(({ severity }) => severity === 'fatal');
    for (const { severity, what, why, remedy } of findings) {
      if (known.has(what)) continue;
      // At a developer's desk nobody waits for calls from outside, and most warnings are about those.
      if (severity === 'fatal') log.error(`self-check: ${what}`, { why, remedy });
      else if (!patient.config.developmentMode) log.warn(`self-check: ${what}`, { why, remedy });
    }
  }
}
