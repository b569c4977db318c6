import type { types } from 'mediasoup';

interface Reading {
  /** By performance.now(). */
  readonly at: number;
  readonly statistics: types.BaseTransportStats;
}

const readings = new WeakMap<types.Transport, Reading>();

/**
 * The statistics of a transport. Metrics and dashboard both want them of every transport, and the worker is asked once:
 * a reading that is younger than `maxAge` milliseconds is used again.
 * @returns undefined when mediasoup knows nothing of it @throws when the transport or its worker has closed
 */
export async function transportStatistics(
  transport: types.Transport,
  maxAge = 0,
): Promise<types.BaseTransportStats | undefined> {
  const known = readings.get(transport);
  if (known && performance.now() - known.at < maxAge) return known.statistics;
  const [statistics] = (await transport.getStats()) as types.BaseTransportStats[];
  if (statistics) readings.set(transport, { at: performance.now(), statistics });
  return statistics;
}
