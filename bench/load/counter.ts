/** Counts the packets of one stream and finds what is missing by the sequence numbers (RFC 3550, appendix A.1). */
export class StreamCounter {
  received = 0;
  bytes = 0;
  #first: number | undefined;
  #highest = 0;

  /** Takes one packet. `sequenceNumber` has 16 bits and wraps round. */
  count(sequenceNumber: number, bytes: number): void {
    this.received += 1;
    this.bytes += bytes;
    if (this.#first === undefined) {
      this.#first = sequenceNumber;
      this.#highest = sequenceNumber;
      return;
    }
    const step = (sequenceNumber - this.#highest) & 0xffff;
    // More than half way round is a late or repeated packet, not a jump ahead.
    if (step < 0x8000) this.#highest += step;
  }

  /** Packets between the first and the highest one. */
  get expected(): number {
    return this.#first === undefined ? 0 : this.#highest - this.#first + 1;
  }

  /** Missing packets; duplicates do not count as received. */
  get lost(): number {
    return Math.max(0, this.expected - this.received);
  }
}
