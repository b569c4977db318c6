import { maxFrameBytes } from './envelope.ts';

/** A frame counts as one message for each KiB that it has begun: parsing a large frame takes longer. */
const bytesPerMessage = 1024;

export interface QueueLimits {
  /** Frames that may wait. */
  readonly count: number;
  /** Bytes that they may have together. */
  readonly bytes: number;
}

/** What may wait of a peer, and of any connection before it is accepted; more than that is a flood. */
export const peerQueueLimits: QueueLimits = { count: 256, bytes: 2 * maxFrameBytes };

interface QueuedFrame {
  readonly text: string;
  readonly bytes: number;
}

/** The frames of one client that wait, as text: parsed they would take up to 25 times the memory. */
export class FrameQueue {
  readonly #frames: QueuedFrame[] = [];
  #bytes = 0;

  get length(): number {
    return this.#frames.length;
  }

  /** Adds a frame. @returns why it was refused, or undefined when it was added */
  push(text: string, limits: QueueLimits): string | undefined {
    const bytes = Buffer.byteLength(text);
    if (this.length >= limits.count)
      return `more than ${limits.count} messages are waiting; send fewer, or wait for answers`;
    if (this.#bytes + bytes > limits.bytes)
      return `more than ${limits.bytes} bytes are waiting; send less, or wait for answers`;
    this.#frames.push({ text, bytes });
    this.#bytes += bytes;
    return undefined;
  }

  /** How many messages the first frame counts for, for a rate limiter. */
  get cost(): number {
    return Math.max(1, Math.ceil((this.#frames[0]?.bytes ?? 0) / bytesPerMessage));
  }

  /** Removes the first frame. @returns its text */
  shift(): string | undefined {
    const first = this.#frames.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first?.text;
  }

  clear(): void {
    this.#frames.length = 0;
    this.#bytes = 0;
  }
}
