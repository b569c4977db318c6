import { createHash, randomBytes } from 'node:crypto';

/** 256 bits as base64url (RFC 4648, section 5). */
const ticketForm = /^[\w-]{43}$/;

/** Whether a text may be a ticket at all. */
export function isTicket(text: string): boolean {
  return ticketForm.test(text);
}

/** The server keeps tickets, and compares them, as this hash only. */
export function hashOfTicket(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}

/**
 * The tickets of one peer's stay. Each is used once. The former one stays good until the client has written over the
 * socket on which it was given the next: before that the next may have been lost.
 */
export class Tickets {
  #former: string | undefined;
  #newest: string | undefined;

  /** The hashes that are good now. */
  get hashes(): readonly string[] {
    return [this.#former, this.#newest].filter((hash) => hash !== undefined);
  }

  /** The first ticket of the stay. */
  issue(): string {
    const ticket = randomBytes(32).toString('base64url');
    this.#newest = hashOfTicket(ticket);
    return ticket;
  }

  /** The client has written: it has the newest ticket. */
  confirm(): void {
    this.#former = undefined;
  }

  /** Takes a ticket of which the hash is one of `hashes`. @returns the next one */
  redeem(hash: string): string {
    this.#former = hash;
    return this.issue();
  }
}
