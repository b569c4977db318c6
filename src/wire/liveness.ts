const checkIntervalMs = 1000;
/** How often a silent client is pinged before it is disconnected. */
const pingsBeforeEnd = 3;

/** A WebSocket that can be pinged and terminated. */
interface WatchedSocket {
  readonly data: { readonly liveness: Liveness };
  ping(): unknown;
  terminate(): void;
}

/** How long nothing has come from a client. */
export class Liveness {
  /** Checks since the client last sent something. Counted, not read off a clock: a stall of the server is not the client's fault. */
  #silentChecks = 0;

  /** The client sent a message, a ping or a pong. */
  heard(): void {
    this.#silentChecks = 0;
  }

  /** @returns for how many checks in a row nothing has come, including this one */
  check(): number {
    this.#silentChecks += 1;
    return this.#silentChecks;
  }
}

/**
 * Pings silent clients and disconnects those that stay silent. Only what they send counts: sending to a client that is
 * gone succeeds for many minutes.
 */
export class LivenessWatch {
  readonly #sockets = new Set<WatchedSocket>();
  readonly #pingEvery: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly idleSeconds: number) {
    this.#pingEvery = Math.max(1, Math.floor(idleSeconds / (pingsBeforeEnd + 1)));
  }

  add(socket: WatchedSocket): void {
    this.#sockets.add(socket);
    this.#timer ??= setInterval(() => this.#check(), checkIntervalMs);
  }

  delete(socket: WatchedSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    for (const socket of [...this.#sockets]) {
      const silentSeconds = socket.data.liveness.check();
      // `>`, because the first check may come right after the last message.
      if (silentSeconds > this.idleSeconds) socket.terminate();
      else if (silentSeconds % this.#pingEvery === 0) socket.ping();
    }
  }
}
