import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { until } from '../support/signaling-client.ts';

setDefaultTimeout(60_000);

const root = join(import.meta.dir, '..', '..');

test('the first Controller of the guide has under thirty lines, and does what the guide says', async () => {
  const guide = await Bun.file(join(root, 'docs', 'controllers.md')).text();
  const [, first = ''] = /```ts\n(.*?)```/s.exec(guide) ?? [];
  expect(first.trim().split('\n').length).toBeLessThan(30);
  await using server = await startServer(withKeys);
  const folder = await mkdtemp(join(tmpdir(), 'tureen-controller-'));
  await Bun.write(join(folder, 'first.ts'), first);
  const env = {
    ...process.env,
    TUREEN_URL: `ws://127.0.0.1:${server.port}`,
    TUREEN_KEY: await apiKey(['read', 'media']),
  };
  const child = Bun.spawn([process.execPath, join(folder, 'first.ts')], {
    env,
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let said = '';
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) said += text;
  })();
  await until(() => said.includes('peer_joined telephone') && /SRTP comes to 127\.0\.0\.1:\d+/.test(said));
  expect(said).toContain('keyBase64');
  expect(server.sfu.peer('hall', 'telephone').joined).toBe(true);
  server.sfu.closeRoom({ roomId: 'hall', by: { kind: 'admin', id: 'ann' } });
  await until(() => said.includes('peer_left telephone'));
  await server.stop();
  await child.exited;
  await reading;
  expect(said).toContain('closed: 1012');
  await rm(folder, { recursive: true });
});
