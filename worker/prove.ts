import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { reasonOf, SetupError } from '../scripts/machine/console.ts';
import { MARKER_PREFIX } from './recipe.ts';

/** What is to be proved. */
export interface ProofOptions {
  /** The binary. */
  path: string;
  /** The version of mediasoup that it has to be of. */
  version: string;
  /** Where the last proof of this binary is remembered. */
  stamp: string;
  /** How long it may take to answer. A machine that is busy with a build needs seconds. */
  timeoutMs?: number;
}

// Raised when the proof asks for more than before, so that what passed the old one is proved again.
const PROOF_REVISION = 2;

const VERDICT_SCRIPT = join(import.meta.dir, 'prove-child.ts');

/**
 * Proves that a file is a media worker of the right version that answers. A binary that passed once and did not
 * change since is not started again, so that a warm start costs two reads.
 *
 * @throws SetupError that says what is wrong with the binary.
 */
export async function proveWorker(options: ProofOptions): Promise<void> {
  const identity = await identify(options);

  if (await isRemembered(options.stamp, identity)) {
    return;
  }

  await checkMarker(options);
  await checkAnswers(options);
  await Bun.write(options.stamp, identity).catch(() => {
    // Without a stamp the next start proves the binary again, which takes a moment and is no mistake.
  });
}

/** What makes a binary the one that was proved. The kernel's release stands for the system that it has to run on. */
async function identify({ path, version }: ProofOptions): Promise<string> {
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

  return JSON.stringify([PROOF_REVISION, version, file.size, file.mtimeMs, file.ino, release()]);
}

async function isRemembered(stamp: string, identity: string): Promise<boolean> {
  try {
    return (await Bun.file(stamp).text()) === identity;
  } catch {
    return false;
  }
}

/** Workers built by Tureen say of which version they are. Others do not, and are known by their answers alone. */
async function checkMarker({ path, version }: ProofOptions): Promise<void> {
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

async function checkAnswers({ path, version, timeoutMs = 30_000 }: ProofOptions): Promise<void> {
  const child = Bun.spawn([process.execPath, VERDICT_SCRIPT, path], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // A process group of its own, so that a worker that hangs can be ended together with the script.
    detached: true,
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(child.pid);
  }, timeoutMs);
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);

  await child.exited;
  clearTimeout(timer);
  killGroup(child.pid);

  const reason = isLate ? `no answer within ${timeoutMs / 1000} seconds` : readVerdict(out, err);

  if (reason !== undefined) {
    throw new SetupError(`${path} is not a media worker that mediasoup ${version} can use: ${reason}`);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group, which is what was wanted.
  }
}

/** The reason why a worker is not accepted, or undefined. */
function readVerdict(out: string, err: string): string | undefined {
  try {
    const verdict: { ok: boolean; reason?: string } = JSON.parse(out);

    return verdict.ok ? undefined : (verdict.reason ?? 'it failed without a reason');
  } catch {
    return `the proof ended without a verdict. ${err.trim().split('\n').slice(-3).join(' ')}`;
  }
}
