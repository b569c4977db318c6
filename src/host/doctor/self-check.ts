import { type Clock, systemClock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import type { Check, Finding } from './check.ts';
import { findingsOf, runChecks } from './checks.ts';
import type { CheckContext } from './context.ts';

export interface SelfCheckOptions {
  context: CheckContext;
  log: Logger;
  clock?: Clock;
}

const recheckMs = 15_000;

/** The self-check of a running node: at the start, and again until nothing fatal is left. */
export class SelfCheck {
  readonly #clock: Clock;
  #fatal: readonly Finding[] = [];
  #cancelRecheck: () => void = () => {};
  #closed = false;

  constructor(private readonly options: SelfCheckOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  /** Why this node should get no new calls; empty when it is ready. */
  get reasons(): string[] {
    return this.#fatal.map(({ what }) => what);
  }

  /** Before the server listens: runs all quick checks, including the one that binds the server's ports. */
  async beforeStart(): Promise<void> {
    await this.#run((check) => !check.onlyOnDemand);
  }

  /** Once the server listens, which settles the ports: checks the rest again if anything was fatal. */
  async started(): Promise<void> {
    if (this.#fatal.length > 0) await this.#recheck();
  }

  /** Checks no more. */
  close(): void {
    this.#closed = true;
    this.#cancelRecheck();
  }

  async #recheck(): Promise<void> {
    const before = this.reasons;
    await this.#run((check) => !check.onlyOnDemand && !check.bindsPorts);
    if (this.#closed) return;
    if (this.#fatal.length > 0)
      this.#cancelRecheck = this.#clock.after(recheckMs, () => void this.#recheck());
    else this.options.log.info('the problems that the self-check found are solved', { before });
  }

  async #run(filter: (check: Check) => boolean): Promise<void> {
    const { context, log } = this.options;
    const known = new Set(this.reasons);
    const findings = findingsOf(await runChecks(context, filter));
    this.#fatal = findings.filter(({ severity }) => severity === 'fatal');
    for (const { severity, what, why, remedy } of findings) {
      if (known.has(what)) continue;
      // Most warnings are about clients elsewhere, and in development mode there are none.
      if (severity === 'fatal') log.error(`self-check: ${what}`, { why, remedy });
      else if (!context.config.developmentMode) log.warn(`self-check: ${what}`, { why, remedy });
    }
  }
}
