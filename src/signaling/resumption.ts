import { closeReason } from '../wire/envelope.ts';
import type { EndedStays } from './ended-stays.ts';
import { SentLog } from './sent-log.ts';
import { Tickets } from './tickets.ts';

/** The close codes of a client that has left: it closed its socket itself, or its page is gone (RFC 6455, section 7.4.1). */
const leaving: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** Whether a socket that closed with that code was cut, so that its client may come back. */
export function wasCut(code: number): boolean {
  return !leaving.has(code);
}

/** What is kept of a connection so that its client can go on over another socket. */
export class Resumption {
  readonly tickets = new Tickets();
  readonly sent = new SentLog();
  /** Frames of the client that have come. */
  received = 0;

  constructor(
    readonly seconds: number,
    private readonly ended: EndedStays,
  ) {}

  /** @returns what the client needs to resume for the first time */
  begin(): { ticket: string; seconds: number } {
    return { ticket: this.tickets.issue(), seconds: this.seconds };
  }

  /** A frame of the client has come. */
  heard(): void {
    this.received += 1;
    this.tickets.confirm();
  }

  /** The stay has ended and there is no socket to say so: its client learns of it when it comes back. */
  endedAway(code: number, reason: string): void {
    this.ended.add(this.tickets.hashes, { code, reason: closeReason(reason) });
  }

  /** Both sides count from zero. */
  reset(): void {
    this.sent.reset();
    this.received = 0;
  }
}
