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

/** The counts of a run, and its failures besides failed tests. */
export interface Outcome {
  counts: Counts;
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

  const counts = countTests(report);
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

  return { counts: { ...counts, failed: counts.failed + problems.length }, problems };
}

function failed(problem: string): Outcome {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, problems: [problem] };
}

function countTests(report: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  // The report escapes attributes and texts, so the name of a test cannot look like a tag.
  for (const [testCase] of report.matchAll(/<testcase [^>]*\/>|<testcase [^>]*>[\s\S]*?<\/testcase>/g)) {
    if (/<(failure|error)\b/.test(testCase)) {
      counts.failed++;
    } else if (testCase.includes('<skipped')) {
      counts.skipped++;
    } else {
      counts.passed++;
    }
  }

  return counts;
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
