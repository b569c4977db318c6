import { checks } from './checks.ts';
import { type Check, type Finding, type Patient, warning } from './finding.ts';

/** What one check came to. */
export interface Examined {
  readonly check: Check;
  readonly findings: readonly Finding[];
}

/** Runs the checks that are chosen; all unless told. None of them can fail the others. */
export async function examine(
  patient: Patient,
  chosen: (check: Check) => boolean = () => true,
): Promise<Examined[]> {
  return await Promise.all(
    checks.filter(chosen).map(async (check) => ({ check, findings: await lookAt(check, patient) })),
  );
}

/** Only what cannot be found out is told of a check that itself fails. */
async function lookAt(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check.look(patient);
  } catch (error) {
    const what = `the check "${check.name}" could not be made: ${(error as Error).message}`;
    return [
      warning(
        what,
        'What it looks for may be wrong.',
        'Look at it yourself; docs/deploy.md lists the checks.',
      ),
    ];
  }
}

/** The findings of several checks. */
export function findingsOf(examined: readonly Examined[]): Finding[] {
  return examined.flatMap(({ findings }) => findings);
}
