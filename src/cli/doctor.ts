import { probeBus } from '../cluster/probe.ts';
import { type Config, ConfigError, type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { nodePlace, resolveAddresses } from '../host/addresses.ts';
import { address } from '../host/doctor/address.ts';
import { type Finding, fatal } from '../host/doctor/check.ts';
import { runChecks } from '../host/doctor/checks.ts';
import { type CheckContext, hostContext } from '../host/doctor/context.ts';
import { askLocal } from '../host/local.ts';
import { probeMedia } from './probe.ts';

export interface DoctorOptions {
  environment: Environment;
  workerBin: string;
  /** Prints one line; to standard output by default. */
  print?: (line: string) => void;
  /** Replaces parts of the host, for tests. */
  context?: Partial<CheckContext>;
}

/** Checks host and configuration and prints the findings. @returns the exit code: 1 when one is fatal */
export async function doctor(options: DoctorOptions): Promise<number> {
  const { environment, workerBin, print = console.log } = options;
  const config = await configOf(environment);
  if ('severity' in config) {
    printFindings('configuration', [config], print);
    return 1;
  }
  const running = await runningVersion(config);
  const checked = await runChecks(
    { ...hostContext(config, workerBin), probeBus: () => lookAtBus(config), ...options.context },
    ({ bindsPorts }) => !bindsPorts || running === undefined,
  );
  const asked = running === undefined ? [] : [await portsOfRunning(config, running)];
  const isUnreached = asked.some(({ findings }) => findings.length > 0);
  const results: readonly Result[] = [
    ...asked,
    ...checked
      // It looks right, but nothing answered there: that is no `ok`.
      .filter(({ check, findings }) => check !== address || findings.length > 0 || !isUnreached)
      .map(({ check, findings }) => ({ name: check.name, findings })),
  ];
  for (const { name, findings } of results) printFindings(name, findings, print);
  const found = results.flatMap(({ findings }) => findings);
  const fatals = found.filter(({ severity }) => severity === 'fatal').length;
  print(`${results.length} checks, ${fatals} fatal findings, ${found.length - fatals} warnings.`);
  return fatals > 0 ? 1 : 0;
}

interface Result {
  readonly name: string;
  readonly findings: readonly Finding[];
}

/** A server that runs has its ports, so that they are asked in place of being bound. */
async function portsOfRunning(config: Config, running: string): Promise<Result> {
  return { name: `ports of Tureen ${running}, which runs here`, findings: await probeMedia(config) };
}

async function lookAtBus(config: Config) {
  const { busUrls, busCredentials, busCa, busDomain, busReplicas } = config;
  if (busUrls === undefined) return undefined;
  return await probeBus({
    ...{ busUrls, busCredentials, busCa, busDomain, busReplicas },
    node: nodePlace(config).node,
  });
}

async function configOf(environment: Environment): Promise<Config | Finding> {
  try {
    return await resolveAddresses(readConfig(readEnvironment(environment)));
  } catch (error) {
    const what = error instanceof ConfigError ? error.mistakes.join('; ') : (error as Error).message;
    return fatal(
      what,
      'The server cannot start.',
      'Correct it; docs/configuration.md explains every variable.',
    );
  }
}

/** The version of the server that already runs here with this configuration. */
async function runningVersion(config: Config): Promise<string | undefined> {
  try {
    const answer = await askLocal(config, '/version');
    const { tureen } = (await answer.json()) as { tureen?: unknown };
    return typeof tureen === 'string' ? tureen : undefined;
  } catch {
    // Nothing answers, or another program does, which the check of the ports finds.
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
