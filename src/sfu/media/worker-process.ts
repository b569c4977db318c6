import { createWorker, type types } from 'mediasoup';
import { keepFromSignals } from '../quirks/signals.ts';
import { inTime } from './media-call.ts';

/** A worker on a busy host takes a second or two to start. */
const startTimeoutMs = 30_000;

/** Starts the process of a worker. @throws Error when it ends or says nothing in time */
export async function startWorker(workerBin?: string): Promise<types.Worker> {
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
