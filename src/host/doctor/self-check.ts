import { type Clock, systemClock } from '../../core/clock.ts';
import type { CheckFinding, HostState } from '../../core/findings.ts';
import type { Logger } from '../../core/log.ts';
import type { Check } from './check.ts';
import { checks, runChecks } from './checks.ts';
import type { CheckContext } from './context.ts';
import { measureHost, nothingMeasured } from './measures.ts';

export interface SelfCheckOptions {
  context: CheckContext;
  log: Logger;
  clock?: Clock;
}

/** How often it looks which checks are due. A check that found something fatal is due each time. */
const tickMs = 15_000;
const usualPaceSeconds = 60;

/** What a check found last, and when. */
interface Looked {
  readonly findings: readonly CheckFinding[];
  readonly at: number;
}

const isFatal = ({ severity }: CheckFinding) => severity === 'fatal';
/** Its sentence may have figures that change. */
const kindOf = ({ check, severity }: CheckFinding) => `${check} ${severity}`;

/** The self-check of a node: at the start, and again for as long as it runs, each check at its own pace. */
export class SelfCheck {
  readonly #clock: Clock;
  readonly #looked = new Map<Check, Looked>();
  #measures = nothingMeasured;
  #cancelTick: () => void = () => {};
  #closed = false;

  constructor(private readonly options: SelfCheckOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  /** What is wrong now, and what was measured last. */
  get state(): HostState {
    return {
      checks: checks.filter(({ onlyOnDemand }) => !onlyOnDemand).map(({ name }) => name),
      findings: [...this.#looked.values()].flatMap(({ findings }) => findings),
      measures: this.#measures,
    };
  }

  /** Before the server listens: runs all quick checks, including the one that binds the server's ports. */
  async beforeStart(): Promise<void> {
    await this.#run(({ onlyOnDemand }) => !onlyOnDemand);
  }

  /** Once the server listens, which settles the ports: checks on, at once where something was fatal. */
  async started(): Promise<void> {
    for (const check of this.#looked.keys()) if (check.bindsPorts) this.#looked.delete(check);
    await this.#tick();
  }

  /** Checks no more. */
  close(): void {
    this.#closed = true;
    this.#cancelTick();
  }

  async #tick(): Promise<void> {
    await this.#run((check) => !check.onlyOnDemand && !check.bindsPorts && this.#isDue(check));
    if (!this.#closed) this.#cancelTick = this.#clock.after(tickMs, () => void this.#tick());
  }

  #isDue(check: Check): boolean {
    const looked = this.#looked.get(check);
    if (!looked || looked.findings.some(isFatal)) return true;
    return this.#clock.elapsed() - looked.at >= (check.paceSeconds ?? usualPaceSeconds) * 1000;
  }

  async #run(filter: (check: Check) => boolean): Promise<void> {
    const before = this.state.findings;
    const [results, measures] = await Promise.all([
      runChecks(this.options.context, filter),
      measureHost(this.options.context),
    ]);
    if (this.#closed) return;
    this.#measures = measures;
    const at = this.#clock.elapsed();
    for (const { check, findings } of results)
      this.#looked.set(check, { findings: findings.map((one) => ({ ...one, check: check.name })), at });
    this.#tell(before, this.state.findings);
  }

  /** Logs what is new, and the end of what was fatal. */
  #tell(before: readonly CheckFinding[], now: readonly CheckFinding[]): void {
    const { context, log } = this.options;
    const known = new Set(before.map(kindOf));
    for (const finding of now.filter((one) => !known.has(kindOf(one)))) {
      const { what, why, remedy } = finding;
      // Most warnings are about clients elsewhere, and in development mode there are none.
      if (isFatal(finding)) log.error(`self-check: ${what}`, { why, remedy });
      else if (!context.config.developmentMode) log.warn(`self-check: ${what}`, { why, remedy });
    }
    const standing = new Set(now.map(kindOf));
    const solved = before.filter((one) => isFatal(one) && !standing.has(kindOf(one)));
    if (solved.length > 0)
      log.info('problems that the self-check found are solved', { before: solved.map(({ what }) => what) });
  }
}
