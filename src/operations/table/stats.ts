/** Statistics of mediasoup as an operation answers with them. */
export function statsOf(stats: readonly object[]): { stats: Record<string, unknown>[] } {
  return { stats: stats.map((entry) => ({ ...entry })) };
}
