/** When a packet was sent, in its own payload: for senders and receivers of one process. */

const stampBytes = 8;

/** Writes the present time into a payload. */
export function stamp(payload: Buffer): void {
  payload.writeDoubleBE(performance.now());
}

/** @returns when the packet was sent, by `performance.now`; undefined for one that was not stamped, as padding */
export function stampOf(payload: Buffer): number | undefined {
  return payload.length < stampBytes ? undefined : payload.readDoubleBE();
}
