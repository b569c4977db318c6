import type { Notification } from './protocol.ts';

/** Knows of our data producers whether everyone who is in the call receives what they send now. */
export class Audience {
  readonly #ready = new Map<string, boolean>();
  readonly #listeners = new Map<string, (ready: boolean) => void>();

  /** The server answered that it has the data producer. A server that does not say forwards at once. */
  produced(id: string, ready = true): void {
    // What came before the answer is newer than what the answer says.
    if (!this.#ready.has(id)) this.#ready.set(id, ready);
  }

  isReady(id: string): boolean {
    return this.#ready.get(id) ?? true;
  }

  /** Calls the listener at every change. There is one for each data producer. */
  follow(id: string, listener: (ready: boolean) => void): void {
    this.#listeners.set(id, listener);
  }

  notified({ method, data }: Notification): void {
    if (method === 'dataProducerClosed') {
      this.#ready.delete(data.dataProducerId);
      this.#listeners.delete(data.dataProducerId);
    }
    if (method !== 'dataProducerReady') return;
    this.#ready.set(data.dataProducerId, data.ready);
    this.#listeners.get(data.dataProducerId)?.(data.ready);
  }
}
