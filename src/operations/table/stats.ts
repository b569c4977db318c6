/** Statistics of mediasoup as the result of an operation. */
export function describeStats(stats: readonly object[]): { stats: Record<string, unknown>[] } {
  return { stats: stats.map((entry) => ({ ...entry })) };
}
