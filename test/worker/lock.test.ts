import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { withLock } from '../../worker/lock.ts';
import { withFolder } from './fixtures.ts';

const HOLDER = `
  import { withLock } from '${join(import.meta.dir, '../../worker/lock.ts')}';
  await withLock(process.argv[1] ?? '', async () => { console.log('held'); await new Promise(() => {}); }, () => {});
  setInterval(() => {}, 1000);
`;

/** Starts a process that holds the lock until it is killed. */
async function startHolder(file: string): Promise<Bun.Subprocess> {
  const script = `${HOLDER}`.replace("process.argv[1] ?? ''", JSON.stringify(file));
  const holder = Bun.spawn([process.execPath, '-e', `setInterval(() => {}, 1000);${script}`], {
    stdout: 'pipe',
    stderr: 'inherit',
  });

  for await (const _chunk of holder.stdout) {
    break;
  }

  return holder;
}

test('a lock is waited for, and free once a holder that was killed is gone', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'lock');
    const holder = await startHolder(file);
    let hasWaited = false;

    await withLock(
      file,
      async () => expect(hasWaited).toBe(true),
      () => {
        hasWaited = true;
        holder.kill('SIGKILL');
      },
    );
    expect(hasWaited).toBe(true);
  });
});

test('a lock is free again after the function failed', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'lock');
    const failing = withLock(
      file,
      async () => {
        throw new Error('no');
      },
      () => {},
    );

    await expect(failing).rejects.toThrow('no');

    let waits = 0;

    await withLock(
      file,
      async () => {},
      () => waits++,
    );
    expect(waits).toBe(0);
  });
});
