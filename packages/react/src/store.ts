import type { TureenClient, TureenClientEvents } from 'tureen-client';

/** What React reads by useSyncExternalStore: a value that stays the same object until it changes. */
export interface Store<T> {
  readonly subscribe: (changed: () => void) => () => void;
  readonly read: () => T;
}

type EventName = keyof TureenClientEvents;

/** A value of a client that is read again after each of these events. */
export function clientStore<T>(client: TureenClient, events: readonly EventName[], read: () => T): Store<T> {
  let value = read();
  return {
    read: () => value,
    subscribe(changed) {
      const update = () => {
        value = read();
        changed();
      };
      const stops = events.map((name) => client.on(name, update));
      // Something may have happened between the first reading and now.
      update();
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** One who has written, and what. */
export interface ChatMessage {
  readonly id: number;
  readonly peerId: string;
  readonly displayName: string;
  readonly text: string;
  readonly own: boolean;
}

/** How many messages are kept. */
const maxMessages = 500;

/** The chat of a call from the moment when we joined. The server keeps none. */
export class ChatLog implements Store<readonly ChatMessage[]> {
  #messages: readonly ChatMessage[] = [];
  #lastId = 0;
  readonly #listeners = new Set<() => void>();
  readonly #client: TureenClient;

  constructor(client: TureenClient) {
    this.#client = client;
    client.on('chat', ({ peer, text }) =>
      this.#add({ peerId: peer.id, displayName: peer.displayName, text, own: false }),
    );
  }

  readonly subscribe = (changed: () => void) => {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  };

  readonly read = () => this.#messages;

  /** Resolves when everyone has it. @throws ClientError when it was not delivered; it can be sent again */
  readonly send = async (text: string): Promise<void> => {
    const { peerId, displayName } = this.#client;
    await this.#client.sendChat(text);
    this.#add({ peerId, displayName, text, own: true });
  };

  #add(message: Omit<ChatMessage, 'id'>): void {
    this.#lastId += 1;
    this.#messages = [...this.#messages, { id: this.#lastId, ...message }].slice(-maxMessages);
    for (const changed of this.#listeners) changed();
  }
}
