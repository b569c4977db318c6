/**
 * Runs the tests: `npm test`, or `npm test -- test/sfu` for some of them. Arguments that start with a dash go to
 * `bun test`, for example `npm test -- --test-name-pattern=join`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideWorker } from '../worker/provide.ts';
import { runTask, SetupError, say } from './machine/console.ts';
import { ensurePackages } from './machine/packages.ts';
import {
  afterSecondRun,
  countRun,
  type Failure,
  failed,
  filesToRunAgain,
  formatCounts,
  type Outcome,
  sumCounts,
} from './test/counts.ts';
import { findTestFiles, isBrowserTest, type Phase, planPhases, selectFiles } from './test/files.ts';

const ROOT = join(import.meta.dir, '..');

interface Program {
  isNeededBy: (file: string) => boolean;
  /** The command that the package provides. Without one, the list of installed packages is checked. */
  command?: string;
  package: string;
  /** A variable that names another program to use instead. */
  replacedBy?: string;
  why: string;
}

const isIngestTest = (file: string) => /ingest|broadcasters|whip|telephone/.test(file);

/**
 * Programs that some tests need. They are installed when such a test runs, unless a variable names another program.
 * The tests of deployments install theirs themselves (test/support).
 */
const PROGRAMS: Program[] = [
  {
    isNeededBy: isBrowserTest,
    command: 'chromium',
    package: 'chromium',
    replacedBy: 'TUREEN_TEST_BROWSER',
    why: 'for the browser tests',
  },
  {
    isNeededBy: (file) => /metrics|prometheus/.test(file),
    command: 'promtool',
    package: 'prometheus',
    why: 'to check the metrics and the rules',
  },
  {
    isNeededBy: (file) => /firefox/.test(file),
    command: 'firefox-esr',
    package: 'firefox-esr',
    replacedBy: 'TUREEN_TEST_FIREFOX',
    why: 'for the tests in Firefox',
  },
  {
    isNeededBy: (file) => /cluster|mesh/.test(file),
    command: 'nats-server',
    package: 'nats-server',
    why: 'for the bus between nodes',
  },
  { isNeededBy: (file) => /snippets/.test(file), package: 'python3-jwt', why: 'for the snippets in Python' },
  { isNeededBy: isIngestTest, command: 'ffmpeg', package: 'ffmpeg', why: 'to bring media into rooms' },
  { isNeededBy: isIngestTest, command: 'curl', package: 'curl', why: 'for the scripts of the guide' },
  { isNeededBy: isIngestTest, command: 'jq', package: 'jq', why: 'for the scripts of the guide' },
  ...['gstreamer1.0-tools', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good'].map((name) => ({
    isNeededBy: isIngestTest,
    package: name,
    why: 'to bring media into rooms',
  })),
];

const isContinuousIntegration = Boolean(process.env.CI);

/** Installs and builds what the tests need. @returns the path of the media worker */
async function prepare(files: string[]): Promise<string> {
  for (const { isNeededBy, command, package: name, replacedBy, why } of PROGRAMS) {
    const replaced = replacedBy !== undefined && process.env[replacedBy];

    if (files.some(isNeededBy) && !replaced && (command === undefined || Bun.which(command) === null)) {
      await ensurePackages([name], why);
    }
  }

  const worker = await provideWorker();
  const { buildPage } = await import('../client/build.ts');

  await buildPage();

  return worker.path;
}

async function runPhase(phase: Phase, options: string[], workerBin: string): Promise<Outcome> {
  const { name, files, timeoutMs } = phase;
  const folder = await mkdtemp(join(tmpdir(), 'tureen-test-'));
  const reportFile = join(folder, 'report.xml');

  say(`${name}, ${files.length} files`);

  const child = Bun.spawn(
    [
      process.execPath,
      'test',
      `--timeout=${timeoutMs}`,
      '--reporter=junit',
      `--reporter-outfile=${reportFile}`,
      ...options,
      // With ./ a path names exactly one file; without, it is a filter.
      ...files.map((file) => `./${file}`),
    ],
    {
      cwd: ROOT,
      // Bun passes on the environment that this process started with, so later changes have to be given here.
      env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin },
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
    },
  );
  const exitCode = await child.exited;
  const report = await Bun.file(reportFile)
    .text()
    .catch(() => undefined);

  await rm(folder, { recursive: true, force: true });

  return countRun({ files, exitCode, report, expectsEveryFile: options.length === 0 });
}

/**
 * In continuous integration a file that failed runs once more by itself, since machines there stop for seconds at
 * times. What passed only then is named: such a test is to be mended.
 */
async function runAgain(phase: Phase, first: Outcome, workerBin: string): Promise<Outcome> {
  const second = new Map<string, Outcome>();

  for (const file of filesToRunAgain(first)) {
    say(`${file} failed, and runs once more by itself`);
    second.set(file, await runPhase({ ...phase, files: [file] }, [], workerBin));
  }

  const { outcome, unsteady } = afterSecondRun(first, second);

  for (const failure of unsteady) {
    say(`passed only when it ran again: ${describeFailure(failure)}`);
  }

  return outcome;
}

const describeFailure = ({ file, name, text }: Failure) =>
  `${file}: ${name}\n${text.replaceAll(/^/gm, '    ')}`;

async function main(): Promise<void> {
  const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  const files = selectFiles(findTestFiles(ROOT), filters);

  if (files.length === 0) {
    throw new SetupError(
      `no test file has ${filters.join(' or ')} in its path. Name a file or a folder in test/.`,
    );
  }

  const outcomes: Outcome[] = [];

  try {
    const workerBin = await prepare(files);

    for (const phase of planPhases(files)) {
      const outcome = await runPhase(phase, options, workerBin);

      outcomes.push(
        isContinuousIntegration && options.length === 0 ? await runAgain(phase, outcome, workerBin) : outcome,
      );
    }
  } catch (error) {
    // An error before the tests counts as a failure, so that the last line always has the counts.
    outcomes.push(failed(error instanceof SetupError ? error.message : Bun.inspect(error)));
  }

  // At the end, where one looks first.
  for (const failure of outcomes.flatMap(({ failures }) => failures)) {
    say(`failed: ${describeFailure(failure)}`);
  }

  for (const problem of outcomes.flatMap(({ problems }) => problems)) {
    say(problem);
  }

  const counts = sumCounts(outcomes.map((outcome) => outcome.counts));

  console.log(formatCounts(counts));
  process.exit(counts.failed === 0 ? 0 : 1);
}

await runTask(main);
