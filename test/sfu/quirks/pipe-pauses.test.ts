import { expect, test } from 'bun:test';
import { join } from 'node:path';

/** In a process of its own, since a rejection that nobody handles fails the test that it happens in. */
async function rejectionsWhen(passedOnBy: 'mediasoup' | 'us'): Promise<string> {
  const command = [process.execPath, join(import.meta.dir, 'dying-worker.ts'), passedOnBy];
  const { stdout, exited } = Bun.spawn(command, { stderr: 'inherit' });
  const output = await new Response(stdout).text();
  expect(await exited).toBe(0);
  return output.trim();
}

test('mediasoup still leaves a rejection behind when a worker dies while a pause is passed on', async () => {
  expect(await rejectionsWhen('mediasoup')).toBe('1');
});

test('a pause that is passed on by us leaves no rejection behind', async () => {
  expect(await rejectionsWhen('us')).toBe('0');
});
