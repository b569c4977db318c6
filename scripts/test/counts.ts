/** Numbers of tests by outcome. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One run of `bun test`. */
export interface Run {
  /** Its test files, for example test/sfu/room.test.ts. */
  files: string[];
  exitCode: number;
  /** Its JUnit report, or undefined when it wrote none. */
  report: string | undefined;
  /** Whether each file must have run a test. With a filter by test name it need not. */
  expectsEveryFile: boolean;
}

/** A test that failed. */
export interface Failure {
  file: string;
  /** With the names of the groups around it. */
  name: string;
  /** What it said, and where. */
  text: string;
}

/** The counts of a run, the tests that failed, and what failed besides tests. */
export interface Outcome {
  counts: Counts;
  failures: Failure[];
  problems: string[];
}

/**
 * Counts the tests of a run. Everything that could hide a test counts as a failure: a crash, a missing report, a file
 * that could not be loaded, a file or a run without a test.
 */
export function countRun({ files, exitCode, report, expectsEveryFile }: Run): Outcome {
  if (report === undefined) {
    return failed(
      `bun test ended with exit code ${exitCode} before it could report, so its tests do not count`,
    );
  }

  const { counts, failures } = readTests(report);
  const problems = expectsEveryFile
    ? files
        .filter((file) => !report.includes(` file="${escapeXml(file)}"`))
        .map((file) => `${file} ran no test`)
    : [];

  if (counts.passed + counts.failed === 0 && problems.length === 0) {
    problems.push('no test ran');
  }

  if (exitCode !== 0 && counts.failed === 0 && problems.length === 0) {
    problems.push(`bun test ended with exit code ${exitCode} though no test failed: see its errors above`);
  }

  return { counts: { ...counts, failed: counts.failed + problems.length }, failures, problems };
}

/** The outcome when nothing could be counted. */
export function failed(problem: string): Outcome {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [], problems: [problem] };
}

function readTests(report: string): { counts: Counts; failures: Failure[] } {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: Failure[] = [];

  // The report escapes attributes and texts, so the name of a test cannot look like a tag.
  for (const [testCase] of report.matchAll(/<testcase [^>]*\/>|<testcase [^>]*>[\s\S]*?<\/testcase>/g)) {
    if (/<(failure|error)\b/.test(testCase)) {
      counts.failed++;
      failures.push(readFailure(testCase));
    } else if (testCase.includes('<skipped')) {
      counts.skipped++;
    } else {
      counts.passed++;
    }
  }

  return { counts, failures };
}

function readFailure(testCase: string): Failure {
  const attribute = (name: string) =>
    unescapeXml(testCase.match(new RegExp(` ${name}="([^"]*)"`))?.[1] ?? '');
  const name = [attribute('classname'), attribute('name')].filter(Boolean).join(' > ');
  const text = testCase.match(/<(?:failure|error)\b[^>]*>([^<]*)/)?.[1] ?? '';

  return { file: attribute('file'), name, text: unescapeXml(text).trim() };
}

/**
 * What stands of a run after the files that failed in it ran once more, each by itself: the failures of a file that
 * then passed as a whole count as passed. @returns the outcome, and the failures that no longer count
 */
export function afterSecondRun(
  first: Outcome,
  second: Map<string, Outcome>,
): { outcome: Outcome; unsteady: Failure[] } {
  const passes = (file: string) => second.get(file)?.counts.failed === 0;
  const unsteady = first.failures.filter(({ file }) => passes(file));
  const { passed, failed, skipped } = first.counts;

  return {
    outcome: {
      counts: { passed: passed + unsteady.length, failed: failed - unsteady.length, skipped },
      failures: first.failures.filter(({ file }) => !passes(file)),
      problems: first.problems,
    },
    unsteady,
  };
}

/** Most files that run once more: beyond that something is broken, and not merely slow. */
const SECOND_RUN_FILES = 4;

/** The files that may run once more. */
export function filesToRunAgain({ failures }: Outcome): string[] {
  const files = [...new Set(failures.map(({ file }) => file))];

  return files.length <= SECOND_RUN_FILES ? files : [];
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&#10;', '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Adds up the counts of several runs. */
export function sumCounts(all: Counts[]): Counts {
  return all.reduce(
    (sum, counts) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + counts.failed,
      skipped: sum.skipped + counts.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** The last line of a test run. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
