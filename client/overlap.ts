/** What is remembered of messages: beyond that one may be shown twice. */
const limits = { bytes: 1_048_576, ageMs: 3000 } as const;

interface Message {
  /** Over which of two connections it came. */
  readonly by: object;
  readonly peerId: string;
  readonly label: string;
  readonly data: string | ArrayBuffer;
}

interface Seen {
  readonly at: number;
  /** How often it came over each connection. */
  readonly counts: Map<object, number>;
}

/**
 * While a client moves, what others send may come over the connection that it leaves, over the next one, or over both. Each is
 * shown once: of messages that are equal, as many as the connection brought that brought more of them.
 */
export class Overlap {
  /** The oldest first. */
  readonly #seen = new Map<string, Seen>();
  #bytes = 0;
  /** Channels that come over the next connection, too: nothing else comes twice. */
  readonly #doubled = new Set<string>();
  #endedAt: number | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A channel of a peer comes over the next connection from now on. */
  begin(peerId: string, label: string): void {
    this.#doubled.add(JSON.stringify([peerId, label]));
  }

  /** The former connection brings nothing any more. */
  end(): void {
    this.#endedAt = this.now();
  }

  /** Takes note of a message. @returns whether the other connection brought it already */
  hasShown({ by, peerId, label, data }: Message): boolean {
    if (this.now() - (this.#endedAt ?? this.now()) > limits.ageMs) return false;
    if (!this.#doubled.has(JSON.stringify([peerId, label]))) return false;
    this.#forget();
    const key = JSON.stringify([peerId, label, typeof data, textOf(data)]);
    const { counts } = this.#seen.get(key) ?? this.#remember(key);
    const most = Math.max(0, ...counts.values());
    const count = (counts.get(by) ?? 0) + 1;
    counts.set(by, count);
    return count <= most;
  }

  #remember(key: string): Seen {
    const seen = { at: this.now(), counts: new Map() };
    this.#seen.set(key, seen);
    this.#bytes += key.length;
    return seen;
  }

  #forget(): void {
    const oldest = this.now() - limits.ageMs;
    for (const [key, { at }] of this.#seen) {
      if (at >= oldest && this.#bytes <= limits.bytes) return;
      this.#seen.delete(key);
      this.#bytes -= key.length;
    }
  }
}

function textOf(data: string | ArrayBuffer): string {
  if (typeof data === 'string') return data;
  return Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join('');
}
