import { address } from './address.ts';
import { certificate } from './certificate.ts';
import { type Check, type Finding, warning } from './check.ts';
import type { CheckContext } from './context.ts';
import { fly } from './fly.ts';
import { bus, pipePorts } from './mesh.ts';
import { ports } from './ports.ts';
import { clock, disk, memory, mtu, openFiles } from './system.ts';
import { workerFile, workerStart } from './worker.ts';

/** All checks, in the order in which their findings are shown. */
export const checks: readonly Check[] = [
  workerFile,
  workerStart,
  ports,
  address,
  certificate,
  openFiles,
  clock,
  memory,
  mtu,
  disk,
  bus,
  pipePorts,
  fly,
];

export interface CheckResult {
  readonly check: Check;
  readonly findings: readonly Finding[];
}

/** Runs the checks that the filter selects, all by default, at the same time. One that fails does not fail the others. */
export async function runChecks(
  context: CheckContext,
  filter: (check: Check) => boolean = () => true,
): Promise<CheckResult[]> {
  return await Promise.all(
    checks.filter(filter).map(async (check) => ({ check, findings: await runCheck(check, context) })),
  );
}

async function runCheck(check: Check, context: CheckContext): Promise<readonly Finding[]> {
  try {
    return await check.run(context);
  } catch (error) {
    const finding = warning(
      `the check "${check.name}" failed: ${(error as Error).message}`,
      'A problem that it looks for would not be found.',
      'Check it yourself; docs/deploy.md says what each check looks for.',
    );
    return [finding];
  }
}
