import type { Logger } from './log.ts';

/** Any map from names of events to their data. */
export type EventMap<Events> = { readonly [N in keyof Events]: object };

/** One event of a map of events, with its name. */
export type EventOf<Events> = {
  [N in keyof Events]: { readonly name: N; readonly data: Events[N] };
}[keyof Events];

type Subscriber = (data: never) => void;

interface AnySubscriber<Events> {
  readonly listener: (event: EventOf<Events>) => void;
  readonly but: ReadonlySet<keyof Events>;
}

/**
 * Hands events to their subscribers at once and in order. A subscriber that throws disturbs nobody else. `Events` maps
 * the name of each event to its data.
 */
export class EventBus<Events extends EventMap<Events>> {
  readonly #listeners = new Map<keyof Events, Set<Subscriber>>();
  readonly #everything = new Set<AnySubscriber<Events>>();
  /** The subscribers of each event, found at its first emission and again after a change of subscribers. */
  readonly #routes = new Map<keyof Events, readonly Subscriber[]>();

  constructor(private readonly log: Logger) {}

  /** @returns a function that ends the subscription. */
  on<N extends keyof Events>(name: N, listener: (data: Events[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    this.#routes.delete(name);
    return () => {
      listeners.delete(listener);
      this.#routes.delete(name);
    };
  }

  /** Subscribes to every event but those named. @returns a function that ends the subscription. */
  onAny(listener: (event: EventOf<Events>) => void, but: ReadonlySet<keyof Events> = new Set()): () => void {
    const subscriber = { listener, but };
    this.#everything.add(subscriber);
    this.#routes.clear();
    return () => {
      this.#everything.delete(subscriber);
      this.#routes.clear();
    };
  }

  emit<N extends keyof Events>(name: N, data: Events[N]): void {
    // Written without closures: this runs for every message of every client.
    for (const listener of this.#routes.get(name) ?? this.#layRoute(name)) {
      try {
        listener(data as never);
      } catch (error) {
        this.log.error('a subscriber of a domain event threw; the event went on to the others', {
          event: name,
          error,
        });
      }
    }
  }

  #layRoute(name: keyof Events): readonly Subscriber[] {
    const general = [...this.#everything].filter(({ but }) => !but.has(name));
    const route = [
      ...(this.#listeners.get(name) ?? []),
      ...general.map(
        ({ listener }) =>
          (data: never) =>
            listener({ name, data }),
      ),
    ];
    this.#routes.set(name, route);
    return route;
  }
}
