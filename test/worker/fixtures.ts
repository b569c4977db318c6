import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideWorker } from '../../worker/provide.ts';

/** The worker that the tests of this machine use. `npm test` has provided it, so this only finds it again. */
export const realWorker = (await provideWorker()).path;

/** Runs a function with a folder that is gone afterwards. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-worker-test-'));

  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes an executable shell script, which stands for a file that is no worker. */
export async function writeScript(path: string, body: string): Promise<string> {
  await Bun.write(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);

  return path;
}

/** A copy of the real worker in which the version is another one, of the same length. */
export async function writeWorkerOfVersion(path: string, from: string, to: string): Promise<string> {
  const bytes = Buffer.from(await Bun.file(realWorker).arrayBuffer());
  const marker = 'tureen-worker-of-mediasoup:';
  const start = bytes.indexOf(marker + from);

  bytes.write(to, start + marker.length, 'latin1');
  await Bun.write(path, bytes);
  await chmod(path, 0o755);

  return path;
}

/** Whether the real worker was built by Tureen and so says its version. The official prebuilt does not. */
export async function isMarked(path: string): Promise<boolean> {
  return Buffer.from(await Bun.file(path).arrayBuffer()).includes('tureen-worker-of-mediasoup:');
}

/** Packs a file the way mediasoup's releases are packed: alone, and called mediasoup-worker. */
export async function packWorker(folder: string, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const inner = join(folder, 'pack');

  await mkdir(inner, { recursive: true });
  await copyFile(file, join(inner, 'mediasoup-worker'));

  const tar = Bun.spawn(['tar', '-czf', '-', '-C', inner, 'mediasoup-worker'], { stdout: 'pipe' });

  return new Uint8Array(await new Response(tar.stdout).arrayBuffer());
}
