import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { createWorker, version } from 'mediasoup';
import { MARKER_PREFIX } from '../../worker/recipe.ts';
import { type Check, type Finding, fatal } from './finding.ts';

const why = 'Without a media worker no call has sound or picture.';
const remedy =
  'Unset MEDIASOUP_WORKER_BIN to have the right worker provided, or let it name a worker of this version.';
const startPatience = 10_000;

/** The media worker is there, may be run, and is of the version that mediasoup needs. */
export const workerFile: Check = {
  name: 'media worker',
  async look({ workerBin }) {
    const refusal = await access(workerBin, constants.X_OK).catch((error: Error) => error);
    if (refusal) {
      const what = `the media worker ${workerBin} cannot be run: ${refusal.message}`;
      return [fatal(what, why, remedy)];
    }
    const found = markerOf(await readFile(workerBin));
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

/** Workers built by Tureen say of which version they are; official ones do not. */
function markerOf(bytes: Buffer): string | undefined {
  const start = bytes.indexOf(MARKER_PREFIX);
  if (start === -1) return undefined;
  const from = start + MARKER_PREFIX.length;
  return bytes.toString('latin1', from, bytes.indexOf(0, from));
}
