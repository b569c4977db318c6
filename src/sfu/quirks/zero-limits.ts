/**
 * A worker takes a limit of 0 repetitions, or of 0 milliseconds, for no limit at all (3.27.1,
 * worker/src/RTC/SctpDictionaries/SctpStreamParameters.cpp), so that the channel that may lose most loses nothing.
 * Upstream: not reported.
 * Without this a browser's data channel with `maxRetransmits: 0`, as games open it, is held up by each lost packet.
 *
 * The smallest limit that the worker knows.
 */
export function effectiveLimit(limit: number): number {
  return Math.max(1, limit);
}
