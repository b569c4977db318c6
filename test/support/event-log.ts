import { Inbox } from './inbox.ts';

type Fields = Record<string, unknown>;

/** A notification or a request of the server. */
export interface ReceivedEvent {
  readonly method: string;
  readonly data: Fields;
}

/** A client of the signaling socket, as far as it keeps what the server has sent to it. */
export abstract class EventLog {
  readonly #inbox = new Inbox<ReceivedEvent>();

  /** Notifications and requests of the server, in the order of their arrival. */
  get events(): readonly ReceivedEvent[] {
    return this.#inbox.all;
  }

  /** The data of the events of that name so far. */
  named(method: string): Fields[] {
    return this.events.filter((event) => event.method === method).map(({ data }) => data);
  }

  /** Waits for an event that came already or is to come. @throws Error when the connection ends before */
  async waitFor(method: string, matches: (data: Fields) => boolean = () => true): Promise<Fields> {
    const { data } = await this.#inbox.waitFor(
      method,
      (event) => event.method === method && matches(event.data),
    );
    return data;
  }

  protected received(method: string, data: Fields): void {
    this.#inbox.add({ method, data });
  }

  protected ended(reason: string): void {
    this.#inbox.end(reason);
  }
}
