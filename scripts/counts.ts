/** How the tests of a run ended. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** One run of `bun test`, as far as it can be seen from outside. */
export interface Run {
  /** The test files that it was given, for example test/sfu/room.test.ts. */
  files: string[];
  exitCode: number;
  /** The text of its JUnit report, or undefined when it wrote none. */
  report: string | undefined;
  /** Whether each file has to have run a test, which a filter by test name does not promise. */
  expectsEveryFile: boolean;
}

/** The counts of a run, and what made it fail beside failed tests. */
export interface Outcome {
  counts: Counts;
  problems: string[];
}

/**
 * Counts the tests of a run. Everything that hides a test counts as a failure: a process that crashed or left without
 * a report, a file that could not be loaded, a file or a whole run without a test.
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

  // Attribute values and texts are escaped in the report, so no name of a test can look like a tag.
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
