import { errors } from 'mediasoup';
import { SfuError } from '../../core/errors.ts';

interface Closable {
  readonly closed: boolean;
  close(): void;
}

/**
 * Asks the media worker for something under a parent that may end meanwhile, and names what went wrong in our codes.
 * @throws SfuError gone when the parent or its worker ended, unsupported or media_rejected when mediasoup refused.
 */
export async function mediaCall<T>(
  parent: { readonly closed: boolean },
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SfuError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (parent.closed || error instanceof errors.WorkerClosedError || error instanceof errors.NotFoundError) {
      throw new SfuError('gone', `${what} failed, for what it belongs to has just ended`, { cause: error });
    }
    const code = error instanceof errors.UnsupportedError ? 'unsupported' : 'media_rejected';
    throw new SfuError(code, `${what} was refused by the media worker: ${message}`, { cause: error });
  }
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
