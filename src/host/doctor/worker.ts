import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { createWorker, version } from 'mediasoup';
import { MARKER_PREFIX } from '../../../worker/recipe.ts';
import { type Check, type Finding, fatal } from './check.ts';

const why = 'Without a media worker no call has audio or video.';
const remedy =
  'Unset MEDIASOUP_WORKER_BIN to use the worker that the set-up provides, or set it to a worker of this version.';
const startTimeoutMs = 10_000;
/** Most bytes that the marker takes, including the version. */
const maxMarkerBytes = 128;

/** The media worker exists, is executable, and is of the version that mediasoup needs. */
export const workerFile: Check = {
  name: 'media worker',
  // It reads the whole file.
  paceSeconds: 600,
  async run({ workerBin }) {
    const accessError = await access(workerBin, constants.X_OK).catch((error: Error) => error);
    if (accessError) {
      const what = `the media worker ${workerBin} cannot be executed: ${accessError.message}`;
      return [fatal(what, why, remedy)];
    }
    const found = await markerOf(workerBin);
    if (found === undefined || found === version) return [];
    const what = `the media worker ${workerBin} is of mediasoup ${found}, but ${version} is needed`;
    return [fatal(what, 'Their messages differ from version to version, so calls would fail.', remedy)];
  },
};

/** A media worker starts and answers. */
export const workerStart: Check = {
  name: 'start of a media worker',
  onlyOnDemand: true,
  async run({ workerBin }) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${startTimeoutMs / 1000} seconds`)),
      startTimeoutMs,
    );
    const started = createWorker({ workerBin, logLevel: 'none' });
    try {
      const worker = await Promise.race([started, late]);
      worker.close();
      return [];
    } catch (error) {
      const what = `the media worker ${workerBin} does not start: ${(error as Error).message}`;
      return [fatal(what, why, remedy)] satisfies Finding[];
    } finally {
      clearTimeout(timer);
    }
  },
};

const chunkBytes = 128 * 1024;

/**
 * The version in a worker that Tureen built; undefined for official ones, which have no marker. The file has ten
 * megabytes and every start reads it, so it is read in chunks, each after the end of the one before.
 */
async function markerOf(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const chunk = Buffer.alloc(maxMarkerBytes + chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, maxMarkerBytes, chunkBytes);
      const filled = chunk.subarray(0, maxMarkerBytes + bytesRead);
      const start = filled.indexOf(MARKER_PREFIX);
      const from = start + MARKER_PREFIX.length;
      const end = filled.indexOf(0, from);
      if (start !== -1 && end !== -1) return filled.toString('latin1', from, end);
      if (bytesRead === 0) return undefined;
      filled.copy(chunk, 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
