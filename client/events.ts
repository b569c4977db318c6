/** Events by name, each with one typed value. `E` maps the names to what they carry. */
export class Events<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(data: never) => void>>();

  /** @returns a function that ends the subscription. */
  on<N extends keyof E>(name: N, listener: (data: E[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Resolves with the next event of that name, or the next that matches. */
  once<N extends keyof E>(name: N, matches: (data: E[N]) => boolean = () => true): Promise<E[N]> {
    return new Promise((resolve) => {
      const stop = this.on(name, (data) => {
        if (!matches(data)) return;
        stop();
        resolve(data);
      });
    });
  }

  /** For the owner of the object. An error in a listener is reported; the other listeners still run. */
  protected emit<N extends keyof E>(name: N, data: E[N]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (data: E[N]) => void)(data);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
