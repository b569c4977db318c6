import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

const root = join(import.meta.dir, '..', '..');

test('the first Controller of the guide has under thirty lines, and does what the guide says', async () => {
  const guide = await Bun.file(join(root, 'docs', 'controllers.md')).text();
  const [, first = ''] = /```ts\n(.*?)```/s.exec(guide) ?? [];
  expect(first.trim().split('\n').length).toBeLessThan(30);
  await using server = await startServer(withKeys);
  const folder = await mkdtemp(join(tmpdir(), 'tureen-controller-'));
  await Bun.write(join(folder, 'first.ts'), first);
  await using controller = new Program({
    command: [process.execPath, join(folder, 'first.ts')],
    environment: {
      TUREEN_URL: `ws://127.0.0.1:${server.port}`,
      TUREEN_KEY: await apiKey(['read', 'media']),
    },
  });
  await controller.prints('peer_joined telephone');
  await until(() => /SRTP comes to 127\.0\.0\.1:\d+/.test(controller.output), 'the place of the media');
  expect(controller.output).toContain('keyBase64');
  expect(server.sfu.peer('hall', 'telephone').joined).toBe(true);
  server.sfu.closeRoom({ roomId: 'hall', by: { kind: 'admin', id: 'ann' } });
  await controller.prints('peer_left telephone');
  await server.stop();
  await controller.process.exited;
  await controller.prints('closed: 1012');
  await rm(folder, { recursive: true });
});
