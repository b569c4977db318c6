import { closeReason, closeRefused } from '../wire/envelope.ts';
import type { WireSocket } from '../wire/socket.ts';
import type { Resumption } from './resumption.ts';
import { notificationText } from './texts.ts';

export interface OutletOptions {
  readonly socket: WireSocket;
  /** Undefined for a client that does not resume. */
  readonly resumption: Resumption | undefined;
  /** The client does not read what is sent to it. */
  readonly onStalled: () => void;
}

/** The way out to a client: one socket, or one after the other if the client can resume. */
export class Outlet {
  /** Undefined while it is cut. */
  #socket: WireSocket | undefined;
  #closed = false;
  readonly #topics = new Set<string>();
  /** What goes out together at the end of this moment. */
  #soon: string[] = [];

  constructor(private readonly options: OutletOptions) {
    this.#socket = options.socket;
  }

  /** Whether there is no socket now: what is sent waits for the next one. */
  get cut(): boolean {
    return this.#socket === undefined;
  }

  /** Whether that is the socket in use. */
  uses(socket: WireSocket): boolean {
    return this.#socket === socket;
  }

  write(text: string): void {
    if (this.#soon.length > 0) this.#writeWaiting();
    if (this.#closed) return;
    this.options.resumption?.sent.add(text);
    this.#transmit(text);
  }

  /** Takes what is published to a topic, over this socket and those that follow it. */
  subscribe(topic: string): void {
    this.#topics.add(topic);
    this.#socket?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic);
    this.#socket?.unsubscribe(topic);
  }

  /**
   * A text was published to a topic of it, and need not be sent; a client that may have missed it gets it later.
   * @param kept also while the socket is cut
   */
  published(text: string, { kept }: { kept: boolean }): void {
    if (!this.#closed && (kept || !this.cut)) this.options.resumption?.sent.add(text);
  }

  /** Whoever joins is offered everything at once: in one write that costs a fraction of what it does one by one. */
  writeSoon(text: string): void {
    if (this.#soon.push(text) === 1) queueMicrotask(() => this.#writeWaiting());
  }

  /** The socket has closed. */
  lost(): void {
    this.#socket = undefined;
  }

  /**
   * Goes on over another socket: the client has `count` frames, and is sent the others in order. The former socket, of
   * which the server may not have noticed that it is cut, is closed. @returns whether more was missed than is kept
   */
  goOn(socket: WireSocket, resumption: Resumption, { ticket, count }: { ticket: string; count: number }) {
    this.#writeWaiting();
    const former = this.#socket;
    this.#socket = socket;
    for (const topic of this.#topics) socket.subscribe(topic);
    former?.close(closeRefused, 'replaced: this connection goes on over another socket');
    const { received, seconds, sent } = resumption;
    const missing = sent.after(count);
    const missed = missing === undefined;
    if (missed) resumption.reset();
    socket.cork(() => {
      this.#transmit(notificationText('resumed', { ticket, seconds, received, missed }));
      for (const text of missing ?? []) this.#transmit(text);
    });
    return missed;
  }

  /** Closes it for good. @returns false when there was no socket to close */
  close(code: number, reason: string): boolean {
    this.#closed = true;
    this.#soon = [];
    this.#socket?.close(code, closeReason(reason));
    return this.#socket !== undefined;
  }

  #transmit(text: string): void {
    if (this.#closed || !this.#socket || this.#socket.send(text)) return;
    this.options.onStalled();
  }

  #writeWaiting(): void {
    const texts = this.#soon;
    this.#soon = [];
    if (this.#closed || texts.length === 0) return;
    const write = () => {
      for (const text of texts) this.write(text);
    };
    if (this.#socket) this.#socket.cork(write);
    else write();
  }
}
