import type { Bucket } from './bucket.ts';

/** What carries messages between nodes: NATS, or the memory of one process in tests. Subjects are as in NATS. */

/** A message as it came. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Answers it; does nothing for a message that nobody waits for an answer to. */
  respond(data: Uint8Array): void;
}

/**
 * `connected` is told after each connection, a later one too: what was said while there was none is lost, on both
 * sides.
 */
export type BusStatus = 'connecting' | 'connected' | 'closed';

/** Why a request has no answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  /** @param cause `nobody` listens there as far as the bus knows, which is no proof; or it is away; or time is up */
  constructor(override readonly cause: 'nobody' | 'away' | 'timeout') {
    super(`the bus brought no answer: ${cause}`);
  }
}

export interface GatherOptions {
  /** How long it takes at most. */
  readonly timeoutMs: number;
  /** When nothing has come for so long, no more is expected. */
  readonly stallMs: number;
  /** Whether no more are expected than these. */
  readonly isEnough?: (answers: readonly Uint8Array[]) => boolean;
}

export interface Bus {
  readonly status: BusStatus;
  /**
   * Whether it may go on in part: this node is beside a leaf node, which carries messages between its own clients while
   * its hub is away. Then only the echo, which is that of the hub, proves that the bus works.
   */
  readonly isLeaf: boolean;
  /** What it keeps for nodes that come later. */
  readonly bucket: Bucket;
  /** Which node tells what, for as long as another one might. */
  readonly claims: Bucket;
  /** @returns a function that ends the subscription */
  onStatus(listener: (status: BusStatus) => void): () => void;
  /**
   * Sends to all who listen, but to oneself. @returns false when it is lost for certain: no connection, or too large.
   * True is no promise.
   */
  publish(subject: string, data: Uint8Array): boolean;
  /**
   * Calls the listener for each message on a subject, in the order of their arrival, over all subjects. `*` stands for
   * one part of a subject, `>` for one or more at its end. @returns a function that ends the subscription
   */
  subscribe(subject: string, listener: (message: BusMessage) => void): () => void;
  /** Asks one who listens. @throws NoAnswer */
  request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Asks all who listen. @returns the answers; none when nobody listens or the bus is away */
  gather(subject: string, data: Uint8Array, options: GatherOptions): Promise<Uint8Array[]>;
  /** When all that was published has left this process, or is lost. It never rejects. */
  flush(): Promise<void>;
  /** Whether somebody beside the bus answers, who is no node: then the bus itself is at work. It never rejects. */
  echo(timeoutMs: number): Promise<boolean>;
  /** Takes a new connection; what has come over the old one and was not handed over is dropped. */
  renew(): void;
  close(): Promise<void>;
}

/** The largest message, in bytes; NATS refuses more than 1 MiB unless it is told otherwise. */
export const maxMessageBytes = 1024 * 1024 - 1024;
