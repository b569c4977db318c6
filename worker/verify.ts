import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { reasonOf, SetupError } from '../scripts/machine/console.ts';
import { MARKER_PREFIX } from './recipe.ts';

/** Which binary to verify, and how. */
export interface VerifyOptions {
  path: string;
  /** The version of mediasoup that it must be for. */
  version: string;
  /** The file that records that this binary was verified. */
  stamp: string;
  /** Time for all its answers. A machine that is busy with a build needs seconds. */
  timeoutMs?: number;
}

// Raised when the verification checks more, so that binaries that passed the old one are verified again.
const REVISION = 2;

const CHILD_SCRIPT = join(import.meta.dir, 'verify-child.ts');

/**
 * Verifies that a file is a working media worker of the right version. A binary that passed and has not changed since
 * is not started again, so that a warm start costs two reads.
 *
 * @throws SetupError that says what is wrong with the binary.
 */
export async function verifyWorker(options: VerifyOptions): Promise<void> {
  const identity = await identify(options);

  if (await isRecorded(options.stamp, identity)) {
    return;
  }

  await checkMarker(options);
  await checkAnswers(options);
  await Bun.write(options.stamp, identity).catch(() => {
    // Without a stamp the next start verifies the binary again, which only takes a moment.
  });
}

/** Identifies a binary that was verified. The kernel's release stands for the system that it runs on. */
async function identify({ path, version }: VerifyOptions): Promise<string> {
  const file = await stat(path).catch((error: unknown) => {
    throw new SetupError(`there is no media worker at ${path}: ${reasonOf(error)}`);
  });

  if (!file.isFile()) {
    throw new SetupError(`${path} is not a file, so it cannot be the media worker`);
  }

  await access(path, constants.X_OK).catch(() => {
    throw new SetupError(
      `${path} may not be executed, so it cannot be the media worker. Run chmod +x ${path}`,
    );
  });

  return JSON.stringify([REVISION, version, file.size, file.mtimeMs, file.ino, release()]);
}

async function isRecorded(stamp: string, identity: string): Promise<boolean> {
  try {
    return (await Bun.file(stamp).text()) === identity;
  } catch {
    return false;
  }
}

/** Workers built by Tureen contain their version. Others do not, and only their answers show it. */
async function checkMarker({ path, version }: VerifyOptions): Promise<void> {
  const bytes = Buffer.from(await Bun.file(path).arrayBuffer());
  const start = bytes.indexOf(MARKER_PREFIX);

  if (start === -1) {
    return;
  }

  const from = start + MARKER_PREFIX.length;
  const found = bytes.toString('latin1', from, bytes.indexOf(0, from));

  if (found !== version) {
    throw new SetupError(`${path} is the media worker of mediasoup ${found}, but ${version} is needed`);
  }
}

async function checkAnswers({ path, version, timeoutMs = 30_000 }: VerifyOptions): Promise<void> {
  const child = Bun.spawn([process.execPath, CHILD_SCRIPT, path], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // A process group of its own, so that a worker that hangs can be ended together with the script.
    detached: true,
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, timeoutMs);
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);

  await child.exited;
  clearTimeout(timer);
  killGroup(child.pid);

  const failure = timedOut ? `no answer within ${timeoutMs / 1000} seconds` : readResult(out, err);

  if (failure !== undefined) {
    throw new SetupError(`${path} is not a media worker that mediasoup ${version} can use: ${failure}`);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has no process left.
  }
}

/** Why the worker failed, or undefined. */
function readResult(out: string, err: string): string | undefined {
  try {
    const result: { ok: boolean; reason?: string } = JSON.parse(out);

    return result.ok ? undefined : (result.reason ?? 'it failed without a reason');
  } catch {
    return `the verification ended without a result. ${err.trim().split('\n').slice(-3).join(' ')}`;
  }
}
