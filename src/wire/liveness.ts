const checkIntervalMs = 1000;
/** A silent client is pinged so often before its time is up. */
const pingsBeforeEnd = 3;

/** What is watched: a WebSocket that can be pinged and cut off. */
interface WatchedSocket {
  readonly data: { readonly liveness: Liveness };
  ping(): unknown;
  terminate(): void;
}

/** How long a client was not heard. */
export class Liveness {
  /** Checks since it was heard last. They are counted instead of read off a clock, so a stall of the server is not the client's. */
  #silentChecks = 0;

  /** A message, a ping or a pong came. */
  heard(): void {
    this.#silentChecks = 0;
  }

  /** @returns for how many checks in a row nothing was heard, this one included */
  check(): number {
    this.#silentChecks += 1;
    return this.#silentChecks;
  }
}

/**
 * Pings clients that are silent and cuts off those that stay so. Only what is heard counts: sending succeeds for many
 * minutes to a client that is gone.
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
      // The first check may come at once after the last message.
      if (silentSeconds > this.idleSeconds) socket.terminate();
      else if (silentSeconds % this.#pingEvery === 0) socket.ping();
    }
  }
}
