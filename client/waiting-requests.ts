import { ClientError } from './errors.ts';
import { maxFrameBytes } from './protocol.ts';

export interface RequestOptions {
  /** Milliseconds for the answer. */
  readonly timeout?: number;
  /** Is sent before requests that wait for their turn. */
  readonly urgent?: boolean;
}

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: ClientError) => void;
  readonly bytes: number;
  readonly method: string;
  readonly timeout: number;
  /** The number of its frame; undefined before it is sent. */
  frame?: number;
  /** Runs from the moment when it is sent, and while there is a socket. */
  timer?: ReturnType<typeof setTimeout>;
  /** It was not answered in time once. */
  late?: boolean;
}

export interface WaitingRequestsHost {
  /**
   * A request was not answered in time: the connection does not work, whatever its socket says. @returns whether it
   * goes on over another socket, so that the answer may still come
   */
  mend(): boolean;
  /** The connection cannot be used any more. */
  failed(): void;
}

/** Requests that wait for the server's answer. */
export class WaitingRequests {
  readonly #all = new Map<number, Waiting>();
  #lastId = 0;

  constructor(private readonly host: WaitingRequestsHost) {}

  /** The id of the request that is added next. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  add(request: Waiting): void {
    this.#lastId += 1;
    this.#all.set(this.#lastId, request);
  }

  /** It went out as that frame. */
  sent(id: number, frame: number): void {
    const waiting = this.#all.get(id);
    if (!waiting) return;
    waiting.frame = frame;
    this.#watch(id, waiting);
  }

  /** Takes the request that was answered. */
  take(id: number): Waiting | undefined {
    const waiting = this.#all.get(id);
    clearTimeout(waiting?.timer);
    this.#all.delete(id);
    return waiting;
  }

  /** There is no socket: nothing can be answered. */
  pause(): void {
    for (const { timer } of this.#all.values()) clearTimeout(timer);
  }

  /** There is a socket again, over which what was sent is sent again if it did not come. */
  goOn(): void {
    for (const [id, waiting] of this.#all) if (waiting.frame !== undefined) this.#watch(id, waiting);
  }

  /** None of them will be answered. */
  abandon(error: ClientError): void {
    for (const { reject, timer } of this.#all.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#all.clear();
  }

  #watch(id: number, waiting: Waiting): void {
    const { method, timeout, reject } = waiting;
    waiting.timer = setTimeout(() => {
      const first = waiting.late !== true;
      waiting.late = true;
      if (first && this.host.mend()) return;
      this.#all.delete(id);
      reject(new ClientError('timeout', `the server did not answer ${method} within ${timeout} ms`));
      this.host.failed();
    }, timeout);
  }
}

export function tooLarge(method: string, bytes: number): ClientError {
  return new ClientError(
    'too_large',
    `${method} has ${bytes} bytes, and the server takes ${maxFrameBytes}; send less in one message`,
  );
}
