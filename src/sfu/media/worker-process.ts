import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createWorker, type types, workerBin as usualBin } from 'mediasoup';
import { keepFromSignals } from '../quirks/signals.ts';
import { inTime } from './media-call.ts';

/** A worker on a busy host takes a second or two to start. */
const startTimeoutMs = 30_000;

/**
 * Starts the process of a worker.
 * @param workerBin what to start, which may be a script that starts mediasoup's usual executable
 * @throws Error when a file is not there, the process ends or says nothing in time
 */
export async function startWorker(workerBin = usualBin): Promise<types.Worker> {
  // mediasoup stumbles over a process that could not be spawned, and says nothing of the file.
  await Promise.all([...new Set([workerBin, usualBin])].map(requireExecutable));
  const starting = createWorker({ logLevel: 'warn', workerBin });
  const worker = await inTime('starting a media worker', starting, startTimeoutMs);
  keepFromSignals(worker);
  return worker;
}

/** Ends a worker that cannot be asked to. */
export function kill({ pid, closed }: types.Worker): void {
  if (closed) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in this moment, which mediasoup is about to report.
  }
}

async function requireExecutable(path: string): Promise<void> {
  await access(path, constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const wrong = error.code === 'ENOENT' ? 'is not there' : `cannot be run (${error.message})`;
    throw new Error(
      `the media worker cannot be started, for ${path} ${wrong}. Put the file back, or restart the server, which provides it`,
      { cause: error },
    );
  });
}
