import type { types } from 'mediasoup';

/**
 * mediasoup closes every worker on SIGTERM and SIGINT, at once (3.27.1, node/lib/Worker.js, `onSignal`).
 * Upstream: on purpose, since 3.19.22, https://github.com/versatica/mediasoup/pull/1788. A wish to switch the worker's own
 * handling off was answered with "not a bug" in 2020, https://github.com/versatica/mediasoup/issues/405.
 * Without this a drain ends all calls with its first signal. The worker's own process ends on these signals too, so it
 * runs in a session that they do not reach: worker/own-session.sh.
 */
export function keepFromSignals(worker: types.Worker): void {
  const { onSignal } = worker as types.Worker & { onSignal?: NodeJS.SignalsListener };
  if (!onSignal) return;
  process.removeListener('SIGTERM', onSignal);
  process.removeListener('SIGINT', onSignal);
}
