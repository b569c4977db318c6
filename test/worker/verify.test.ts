import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { findMediasoup } from '../../worker/recipe.ts';
import { verifyWorker } from '../../worker/verify.ts';
import { until } from '../support/until.ts';
import { isMarked, realWorker, withFolder, writeScript, writeWorkerOfVersion } from './fixtures.ts';

const { version } = await findMediasoup();
const marked = await isMarked(realWorker);

/** The message with which a binary is refused. */
async function refusal(folder: string, path: string, timeoutMs?: number): Promise<string> {
  const stamp = join(folder, 'verified');
  const message = await verifyWorker({ path, version, stamp, timeoutMs }).then(
    () => 'it was accepted',
    (error: Error) => error.message,
  );

  expect(await Bun.file(stamp).exists()).toBe(false);

  return message;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('the real worker is accepted and remembered', async () => {
  await withFolder(async (folder) => {
    const stamp = join(folder, 'verified');

    await verifyWorker({ path: realWorker, version, stamp });

    expect(await Bun.file(stamp).text()).toContain(version);
  });
});

test('a worker that was verified is not started again until it changes', async () => {
  await withFolder(async (folder) => {
    const stamp = join(folder, 'verified');
    const path = join(folder, 'mediasoup-worker');

    await Bun.write(path, Bun.file(realWorker));
    await chmod(path, 0o755);
    await verifyWorker({ path, version, stamp });
    // Any start would fail within a millisecond.
    await verifyWorker({ path, version, stamp, timeoutMs: 1 });
    await writeScript(path, 'exit 0');

    await expect(verifyWorker({ path, version, stamp })).rejects.toThrow('it did not start');
  });
});

test.skipIf(!marked)('a worker of another version is refused, and both versions are named', async () => {
  await withFolder(async (folder) => {
    const path = await writeWorkerOfVersion(join(folder, 'mediasoup-worker'), version, '0.00.0');

    expect(await refusal(folder, path)).toBe(
      `${path} is the media worker of mediasoup 0.00.0, but ${version} is needed`,
    );
  });
});

test('a program that ends at once is refused', async () => {
  await withFolder(async (folder) => {
    const path = await writeScript(join(folder, 'mediasoup-worker'), 'echo "I lack a library" >&2; exit 3');

    expect(await refusal(folder, path)).toStartWith(
      `${path} is not a media worker that mediasoup ${version} can use: it did not start: `,
    );
  });
});

test('a program that does not answer is refused after a bounded time, and ended', async () => {
  await withFolder(async (folder) => {
    const pidFile = join(folder, 'pid');
    const path = await writeScript(join(folder, 'mediasoup-worker'), `echo $$ > ${pidFile}; exec sleep 1000`);

    // Long enough for the program to have started on a busy machine, for its end is looked at.
    expect(await refusal(folder, path, 5000)).toBe(
      `${path} is not a media worker that mediasoup ${version} can use: no answer within 5 seconds`,
    );

    const pid = Number(await Bun.file(pidFile).text());

    await until(() => !isAlive(pid));
  });
});

test('a program that speaks another language is refused', async () => {
  await withFolder(async (folder) => {
    const path = await writeScript(join(folder, 'mediasoup-worker'), 'echo hello >&4; exec sleep 1000');

    expect(await refusal(folder, path, 1500)).toContain('no answer within 1.5 seconds');
  });
});

test('a file that is not there is refused', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'mediasoup-worker');

    expect(await refusal(folder, path)).toStartWith(`there is no media worker at ${path}: ENOENT`);
  });
});

test('a folder is refused', async () => {
  await withFolder(async (folder) => {
    expect(await refusal(folder, folder)).toBe(`${folder} is not a file, so it cannot be the media worker`);
  });
});

test('a file that may not be executed is refused with what to do', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'mediasoup-worker');

    await Bun.write(path, 'no program');
    await chmod(path, 0o644);

    expect(await refusal(folder, path)).toBe(
      `${path} may not be executed, so it cannot be the media worker. Run chmod +x ${path}`,
    );
  });
});
