/** The entries of the browser's statistics (https://w3c.github.io/webrtc-stats/), with the fields that are read of them. */
export function entriesOf<E>(report: RTCStatsReport | undefined): E[] {
  return report ? [...(report.values() as Iterable<E>)] : [];
}

/** Whether an entry is the path that a transport uses. */
export function isPath(entry: {
  readonly type: string;
  readonly state?: string;
  readonly nominated?: boolean;
}): boolean {
  return entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated === true;
}
