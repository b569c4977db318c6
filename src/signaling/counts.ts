/** Counters of all connections of a node, for the metrics. */
export class SignalingCounts {
  /** Messages of clients that wait to be handled. */
  queued = 0;
  /** Notifications sent since the start. */
  notifications = 0;
}
