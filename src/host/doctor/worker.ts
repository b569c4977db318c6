import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { createWorker, version } from 'mediasoup';
import { MARKER_PREFIX } from '../../../worker/recipe.ts';
import { type Check, type Finding, fatal } from './finding.ts';

const why = 'Without a media worker no call has sound or picture.';
const remedy =
  'Unset MEDIASOUP_WORKER_BIN to have the right worker provided, or let it name a worker of this version.';
const startPatience = 10_000;
/** Bytes that the marker takes at most, its version included. */
const longestMarker = 128;

/** The media worker is there, may be run, and is of the version that mediasoup needs. */
export const workerFile: Check = {
  name: 'media worker',
  async look({ workerBin }) {
    const refusal = await access(workerBin, constants.X_OK).catch((error: Error) => error);
    if (refusal) {
      const what = `the media worker ${workerBin} cannot be run: ${refusal.message}`;
      return [fatal(what, why, remedy)];
    }
    const found = await markerOf(workerBin);
    if (found === undefined || found === version) return [];
    const what = `the media worker ${workerBin} is of mediasoup ${found}, and ${version} is needed`;
    return [fatal(what, 'Server and worker would not understand each other.', remedy)];
  },
};

/** The media worker starts and answers. */
export const workerStart: Check = {
  name: 'start of a media worker',
  onlyOnDemand: true,
  async look({ workerBin }) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('it does not answer')), startPatience);
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

const pieceBytes = 128 * 1024;

/**
 * Workers built by Tureen say of which version they are; official ones do not. A worker has ten megabytes and every
 * start looks at it, so it is read in pieces, each with the end of the one before.
 */
async function markerOf(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const piece = Buffer.alloc(longestMarker + pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(piece, longestMarker, pieceBytes);
      const filled = piece.subarray(0, longestMarker + bytesRead);
      const start = filled.indexOf(MARKER_PREFIX);
      const from = start + MARKER_PREFIX.length;
      const end = filled.indexOf(0, from);
      if (start !== -1 && end !== -1) return filled.toString('latin1', from, end);
      if (bytesRead === 0) return undefined;
      filled.copy(piece, 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
