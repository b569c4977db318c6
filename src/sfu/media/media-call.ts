import { errors } from 'mediasoup';
import { systemClock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';

/** A worker that hangs is killed earlier, which ends what waits for it; this is for an answer that is lost. */
const answerTimeoutMs = 10_000;

interface Closable {
  readonly closed: boolean;
  close(): void;
}

/**
 * Asks the media worker for something under a parent that may end meanwhile, and names what went wrong in our codes.
 * @throws SfuError gone when the parent or its worker ended or does not answer, worker_unavailable when it has no port or
 *   descriptor left, unsupported or media_rejected when mediasoup refused.
 */
export async function mediaCall<T>(
  parent: { readonly closed: boolean },
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await inTime(what, call());
  } catch (error) {
    if (error instanceof SfuError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (parent.closed || error instanceof errors.WorkerClosedError || error instanceof errors.NotFoundError) {
      throw new SfuError('gone', `${what} failed, for what it belongs to has just ended`, { cause: error });
    }
    const exhausted = exhaustion(message);
    if (exhausted) throw new SfuError('worker_unavailable', `${what} failed: ${exhausted}`, { cause: error });
    const code = error instanceof errors.UnsupportedError ? 'unsupported' : 'media_rejected';
    throw new SfuError(code, `${what} was refused by the media worker: ${message}`, { cause: error });
  }
}

/** What the worker says of a transport, producer or consumer. @throws SfuError as mediaCall */
export function readStatistics<S>(object: { readonly closed: boolean; getStats(): Promise<S> }): Promise<S> {
  return mediaCall(object, 'reading statistics', () => object.getStats());
}

/**
 * Waits for an answer of a worker, but not for ever. What comes later is closed, for nobody waits for it any more.
 * @throws SfuError gone, and what the answer rejects with
 */
export async function inTime<T>(what: string, answer: Promise<T>, timeoutMs = answerTimeoutMs): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const cancel = systemClock.after(timeoutMs, () => {
    const seconds = timeoutMs / 1000;
    const sentence = `${what} got no answer from the media worker within ${seconds} seconds; try again`;
    reject(new SfuError('gone', sentence));
    answer.then(closeLate, () => {});
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    cancel();
  }
}

function closeLate(result: unknown): void {
  if (
    typeof result === 'object' &&
    result !== null &&
    'close' in result &&
    typeof result.close === 'function'
  )
    result.close();
}

/** What the worker ran out of, in the words of mediasoup's worker 3.27.1 (PortManager.cpp) and of libuv. */
function exhaustion(message: string): string | undefined {
  if (/no more available ports/i.test(message))
    return 'every port for RTP is in use; close transports and try again, or let the operator widen TUREEN_RTP_PORTS';
  if (/too many open files|EMFILE|ENFILE/i.test(message))
    return 'the media worker has no file descriptors left; try again later, and let the operator raise the limit of open files or look for idle TCP connections to the media ports';
  return undefined;
}

/**
 * Keeps a new object only while its owner still lives; otherwise closes the orphan, so that nothing is left behind
 * by an owner that ended during an await.
 */
export function adopt<T extends Closable>(child: T, ownerLives: boolean, what: string): T {
  if (ownerLives && !child.closed) return child;
  child.close();
  throw new SfuError('gone', `${what} ended again at once, for its owner left or was replaced meanwhile`);
}
