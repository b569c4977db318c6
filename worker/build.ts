import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { SetupError } from '../scripts/machine/console.ts';
import type { CommandResult } from '../scripts/machine/packages.ts';
import { BuildLog } from './build-log.ts';
import { fetchLibsrtp } from './libsrtp.ts';
import { Progress, parseNinjaStatus } from './progress.ts';
import { MESON_OPTIONS, type MediasoupPackage } from './recipe.ts';
import { prepareSource } from './source.ts';

/** What is built, and where. */
export interface BuildOptions {
  mediasoup: MediasoupPackage;
  /** An existing, empty folder. The caller removes it. */
  folder: string;
  /** The file for the output of the build. */
  logFile: string;
  say: (line: string) => void;
}

// Measured: a build takes 50 MB of disk, and one compiler up to 600 MB of memory.
const DISK_BYTES = 250 * 2 ** 20;
const MEMORY_BYTES_PER_JOB = 700 * 2 ** 20;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Builds the worker from the source in the mediasoup package. It takes minutes.
 *
 * @returns the path of the binary inside the folder. It is not verified yet.
 */
export async function buildWorker(options: BuildOptions): Promise<string> {
  await checkDisk(options.folder);

  const log = new BuildLog(options.logFile);
  const interrupt = (signal: string): void => log.interrupt(signal);

  for (const signal of SIGNALS) {
    process.on(signal, interrupt);
  }

  try {
    return await runSteps(options, log);
  } finally {
    // After an interruption the process is about to end. npm forwards the signal that the terminal has sent already, and
    // the second one must not end the process before the folder is removed.
    if (!log.isInterrupted) {
      for (const signal of SIGNALS) {
        process.off(signal, interrupt);
      }
    }
  }
}

async function runSteps({ mediasoup, folder, say }: BuildOptions, log: BuildLog): Promise<string> {
  const source = join(folder, 'worker');
  const out = join(folder, 'out');

  await prepareSource(mediasoup, source);

  if (!(await fetchLibsrtp(folder, join(source, 'subprojects/libsrtp2'), log))) {
    say(
      'the source of libsrtp is not available, so the packaged library is linked: the worker will use more CPU',
    );
  }

  const setup = await log.run('meson', ['meson', 'setup', ...MESON_OPTIONS, out, source]);

  checkResult('meson', setup, log);

  const progress = new Progress('building the media worker');
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / MEMORY_BYTES_PER_JOB)));
  const built = await log.run('ninja', ['ninja', '-C', out, '-j', String(jobs), 'mediasoup-worker'], {
    onLine: (line) => {
      const status = parseNinjaStatus(line);

      if (status) {
        progress.update(status.done, status.total);
      }
    },
  });

  progress.end();
  checkResult('ninja', built, log);

  return join(out, 'mediasoup-worker');
}

async function checkDisk(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);

  if (bavail * bsize < DISK_BYTES) {
    throw new SetupError(
      `the media worker cannot be built: its build needs ${toMegabytes(DISK_BYTES)} MB below ${folder}, and only ` +
        `${toMegabytes(bavail * bsize)} MB are free. Free some space, or set XDG_CACHE_HOME to a folder on another disk.`,
    );
  }
}

function checkResult(step: string, { exitCode, output }: CommandResult, log: BuildLog): void {
  if (exitCode !== 0) {
    throw new SetupError(
      `building the media worker failed: ${step} ended with exit code ${exitCode}. ${explainFailure(output)}\n` +
        `The whole output is in ${log.file}. To use a worker that was built elsewhere, set MEDIASOUP_WORKER_BIN to its ` +
        'path.',
    );
  }
}

/** What a user can do about a failed build, judging by its output. */
export function explainFailure(output: string): string {
  if (/No space left on device/.test(output)) {
    return 'The disk is full. Free some space, then run the command again.';
  }

  if (
    /Killed signal|: Killed|fatal error: Killed|virtual memory exhausted|Cannot allocate memory/.test(output)
  ) {
    return 'The machine ran out of memory. Free some (a job needs 700 MB), then run the command again.';
  }

  if (/Unknown compiler\(s\)|could not be found|[Cc]ommand not found/.test(output)) {
    return `A tool is missing: ${firstError(output)}. Install it, then run the command again.`;
  }

  return `The first error is: ${firstError(output)}.`;
}

function firstError(output: string): string {
  const lines = output.trimEnd().split('\n');

  // The linker's own error comes before the compiler's line that the linker failed.
  return (
    lines.find((line) => /\berror\b|undefined reference|cannot find -l/i.test(line)) ??
    lines.at(-1) ??
    ''
  ).trim();
}

function toMegabytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
