/** What the connections of a node count together, for metrics to read. */
export class SignalingCounts {
  /** Messages of clients that wait to be handled. */
  queued = 0;
  /** Notifications sent since the start. */
  notifications = 0;
}
