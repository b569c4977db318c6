import { type Config, ConfigError, type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { resolveAddresses } from '../host/addresses.ts';
import { examine } from '../host/doctor/examine.ts';
import { type Finding, fatal, type Patient } from '../host/doctor/finding.ts';
import { thisHost } from '../host/doctor/patient.ts';
import { askLocal } from '../host/local.ts';

export interface DoctorOptions {
  environment: Environment;
  workerBin: string;
  /** Takes one line; standard output unless told. */
  print?: (line: string) => void;
  /** Puts other things in the place of the host's. */
  patient?: Partial<Patient>;
}

/** Examines host and configuration and prints what it found. @returns the exit code: 1 with a fatal finding */
export async function doctor(options: DoctorOptions): Promise<number> {
  const { environment, workerBin, print = console.log } = options;
  const config = await configOf(environment);
  if (!('port' in config)) {
    printFindings('configuration', [config], print);
    return 1;
  }
  const running = await runningVersion(config);
  const examined = await examine(
    { ...thisHost(config, workerBin), ...options.patient },
    ({ bindsPorts }) => !bindsPorts || running === undefined,
  );
  if (running !== undefined)
    print(`ok       ports: Tureen ${running} runs here and has them; stop it to have them examined`);
  for (const { check, findings } of examined) printFindings(check.name, findings, print);
  const found = examined.flatMap(({ findings }) => findings);
  const fatals = found.filter(({ severity }) => severity === 'fatal').length;
  print(`${examined.length} checks, ${fatals} fatal findings, ${found.length - fatals} warnings.`);
  return fatals > 0 ? 1 : 0;
}

async function configOf(environment: Environment): Promise<Config | Finding> {
  try {
    return await resolveAddresses(readConfig(readEnvironment(environment)));
  } catch (error) {
    const what = error instanceof ConfigError ? error.mistakes.join('; ') : (error as Error).message;
    return fatal(what, 'The server does not start.', 'docs/configuration.md explains every variable.');
  }
}

/** The version of the server that runs here already with this configuration, which is no finding. */
async function runningVersion(config: Config): Promise<string | undefined> {
  try {
    const answer = await askLocal(config, '/version');
    const { tureen } = (await answer.json()) as { tureen?: unknown };
    return typeof tureen === 'string' ? tureen : undefined;
  } catch {
    // Nothing answers there, or something else does, which the ports will show.
    return undefined;
  }
}

function printFindings(name: string, findings: readonly Finding[], print: (line: string) => void): void {
  if (findings.length === 0) print(`ok       ${name}`);
  for (const { severity, what, why, remedy } of findings) {
    print(`${severity.padEnd(8)} ${name}: ${what}`);
    print(`         why it matters: ${why}`);
    print(`         what to do: ${remedy}`);
  }
}
