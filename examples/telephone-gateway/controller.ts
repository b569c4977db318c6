/** A minimal Controller: requests with answers, and notifications. docs/controllers.md describes the protocol. */
export class Controller {
  readonly #waiting = new Map<number, PromiseWithResolvers<never>>();
  readonly #listeners = new Map<string, (data: never) => void>();
  #lastId = 0;

  private constructor(
    private readonly socket: WebSocket,
    /** Resolves with the reason when the connection has ended. */
    readonly ended: Promise<string>,
  ) {
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data))));
    void ended.then((why) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(why));
    });
  }

  /** @param key from the dashboard, or a token; none is needed in development mode */
  static async connect(server: string, name: string, key?: string): Promise<Controller> {
    const protocols = ['tureen-control', ...(key ? [`bearer.${key}`] : [])];
    const socket = new WebSocket(`${server}/control?controllerId=${encodeURIComponent(name)}`, protocols);
    const ended = new Promise<string>((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve(`${code} ${reason}`));
    });
    const controller = new Controller(socket, ended);
    // The server sends `welcome` when it has accepted the key.
    const welcome = new Promise<void>((resolve) => controller.on('welcome', () => resolve()));
    const why = await Promise.race([welcome, ended]);
    if (why !== undefined) throw new Error(`the server refused the connection: ${why}`);
    return controller;
  }

  /** Requests an operation. Rejects with `code: sentence` when it is refused. */
  ask<T>(method: string, data: object): Promise<T> {
    this.#lastId += 1;
    const waiting = Promise.withResolvers<never>();
    this.#waiting.set(this.#lastId, waiting);
    this.socket.send(JSON.stringify({ request: true, id: this.#lastId, method, data }));
    return waiting.promise;
  }

  on<T>(method: string, listener: (data: T) => void): void {
    this.#listeners.set(method, listener);
  }

  close(): void {
    this.socket.close();
  }

  #take(frame: { id: number; method: string; ok?: boolean; data: never; errorReason?: string }): void {
    if (frame.method !== undefined) return this.#listeners.get(frame.method)?.(frame.data);
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (frame.ok) waiting?.resolve(frame.data);
    else waiting?.reject(new Error(frame.errorReason));
  }
}
