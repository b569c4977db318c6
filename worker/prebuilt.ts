import { lstat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../scripts/machine/console.ts';

/** Where mediasoup publishes its prebuilt workers. */
export const OFFICIAL_BASE_URL = 'https://github.com/versatica/mediasoup/releases/download';

const BINARY = 'mediasoup-worker';

/** What to download, and how long to wait. */
export interface DownloadOptions {
  url: string;
  /** An existing folder. A failed download may leave files in it. */
  folder: string;
  /** Time until the response, redirects included. When it is over, the caller builds the worker instead. */
  answerTimeoutMs?: number;
  /** Time without new data. */
  stallTimeoutMs?: number;
}

/** The URL of the prebuilt worker for this machine, as mediasoup's own install script builds it. */
export function prebuiltUrl(baseUrl: string, version: string, kernel = release()): string {
  const system =
    process.platform === 'linux' ? `linux-${process.arch}-kernel${Number.parseInt(kernel, 10)}` : '';
  const machine = system || `${process.platform}-${process.arch}`;

  return `${baseUrl}/${version}/${BINARY}-${version}-${machine}.tgz`;
}

/**
 * Downloads and unpacks a prebuilt worker.
 *
 * @returns the path of the binary inside the folder. It is not verified yet.
 * @throws Error with the reason. No SetupError, because the worker can still be built.
 */
export async function downloadPrebuilt(options: DownloadOptions): Promise<string> {
  const archive = join(options.folder, 'worker.tgz');

  await download(options, archive);
  await unpack(archive, options.folder);

  return join(options.folder, BINARY);
}

async function download(options: DownloadOptions, archive: string): Promise<void> {
  const { url, answerTimeoutMs = 5_000, stallTimeoutMs = 10_000 } = options;
  const controller = new AbortController();
  let timer = setTimeout(() => {
    controller.abort(new Error(`no answer within ${answerTimeoutMs / 1000} seconds`));
  }, answerTimeoutMs);
  const sink = Bun.file(archive).writer();

  try {
    const response = await fetch(url, { signal: controller.signal });

    if (!response.ok || !response.body) {
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    }

    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        controller.abort(new Error(`no more data within ${stallTimeoutMs / 1000} seconds`));
      }, stallTimeoutMs);
      sink.write(chunk);
      await sink.flush();
    }
  } catch (error) {
    throw new Error(`${new URL(url).host}: ${reasonOf(controller.signal.reason ?? error)}`);
  } finally {
    clearTimeout(timer);
    await sink.end();
  }
}

async function unpack(archive: string, folder: string): Promise<void> {
  // Only this one member is extracted, so that an archive cannot write anywhere else.
  const tar = Bun.spawn(['tar', '-xzf', archive, '-C', folder, BINARY], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const errors = await new Response(tar.stderr).text();

  if ((await tar.exited) !== 0) {
    throw new Error(`the download cannot be unpacked: ${errors.trim().split('\n')[0]}`);
  }

  if (!(await lstat(join(folder, BINARY))).isFile()) {
    throw new Error('the download contains no file named mediasoup-worker');
  }
}
