import { expect, test } from 'bun:test';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { recordStart } from '../../scripts/recorded-start.ts';
import { withFolder } from '../worker/fixtures.ts';

/** A program that is no server: what it does is a script of sh. */
async function program(folder: string, script: string): Promise<string> {
  const path = join(folder, 'program');
  await Bun.write(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o700);
  return path;
}

test('a server is ended once it is ready, and its record is there', () =>
  withFolder(async (folder) => {
    const script = `trap 'echo used > "$BUN_BYTECODE_ORDER_OUT"; exit 0' TERM
echo '{"message":"ready"}'
while :; do sleep 0.1; done`;
    const record = await recordStart(await program(folder, script), folder);
    expect(await Bun.file(record).text()).toBe('used\n');
  }));

test('a server that does not start is told of with all that it printed', () =>
  withFolder(async (folder) => {
    const path = await program(folder, 'echo no worker; echo no port >&2; exit 1');
    const failure = recordStart(path, folder);
    await expect(failure).rejects.toThrow('does not start on this machine');
    await expect(failure).rejects.toThrow('no worker\nno port');
  }));

test('settings of whoever builds do not reach the server that is recorded', () =>
  withFolder(async (folder) => {
    process.env.TUREEN_API_KEY = 'of the builder';
    try {
      const path = await program(folder, 'echo "key: $TUREEN_API_KEY."; exit 1');
      await expect(recordStart(path, folder)).rejects.toThrow('key: .');
    } finally {
      delete process.env.TUREEN_API_KEY;
    }
  }));
