import { Glob } from 'bun';

/** The tests of one process. Browser tests are heavy, so they get a process of their own and more time. */
export interface Phase {
  name: string;
  files: string[];
  timeoutMs: number;
}

/** All test files of the project, as paths from its root. */
export function findTestFiles(root: string): string[] {
  return [...new Glob('test/**/*.test.{ts,tsx}').scanSync(root)].sort();
}

/** The files whose path contains one of the filters; all files when there is none. */
export function selectFiles(files: string[], filters: string[]): string[] {
  const parts = filters.map((filter) => filter.replace(/^\.\//, ''));

  return parts.length === 0 ? files : files.filter((file) => parts.some((part) => file.includes(part)));
}

/** Whether a test needs real browsers. */
export function isBrowserTest(file: string): boolean {
  return file.includes('browser');
}

/** Divides the files into phases, in the order in which they run. */
export function planPhases(files: string[]): Phase[] {
  const phases: Phase[] = [
    {
      name: 'unit and contract tests',
      files: files.filter((file) => !isBrowserTest(file)),
      timeoutMs: 60_000,
    },
    { name: 'browser tests', files: files.filter(isBrowserTest), timeoutMs: 120_000 },
  ];

  return phases.filter((phase) => phase.files.length > 0);
}
