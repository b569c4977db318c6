import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { Collector, Sources } from '../collector.ts';
import { counter, cross, gauge, histogram, open } from '../define.ts';
import { oncePerLabels } from '../series.ts';

/**
 * The protocol has about thirty methods; names that it does not have are counted as `unknown`, and the messages of the old
 * protocol as `v2`.
 */
const mostMethods = 36;
/** The close code of a frame that is larger than the server takes (RFC 6455, section 7.4.1). */
const tooLarge = 1009;

export const metrics = {
  requests: counter({
    name: 'tureen_signaling_requests_total',
    help: 'Messages of clients that were handled, by method: refused is a mistake of the client or a limit, failed one of the server.',
    source: 'event',
    labels: open('method', mostMethods, cross({ result: ['ok', 'refused', 'failed'] })),
  }),
  requestDuration: histogram({
    name: 'tureen_signaling_request_duration_seconds',
    help: 'From the taking of a message out of the queue to its answer.',
    unit: 'seconds',
    source: 'event',
    labels: open('method', mostMethods),
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
  }),
  notifications: counter({
    name: 'tureen_signaling_notifications_total',
    help: 'Notifications sent to clients.',
    source: 'state',
  }),
  queuedMessages: gauge({
    name: 'tureen_signaling_queued_messages',
    help: 'Messages of clients that wait to be handled.',
    source: 'state',
  }),
  sockets: gauge({
    name: 'tureen_signaling_sockets',
    help: 'Open signaling sockets.',
    source: 'event',
  }),
  drops: counter({
    name: 'tureen_signaling_drops_total',
    help: 'Sockets that the server closed for what the client did: too many messages, not reading, frames too large, invalid messages.',
    source: 'event',
    labels: cross({ reason: ['flood', 'backpressure', 'size', 'invalid'] }),
  }),
  resumes: counter({
    name: 'tureen_resumes_total',
    help: 'Clients that came back after their socket was cut: resumed with all that they missed, missed more than is kept and joined again, were refused because their ticket was malformed, unknown or of a stay that had ended, or because they were banned, or did not come back in time.',
    source: 'event',
    labels: cross({ result: ['resumed', 'missed', 'malformed', 'unknown', 'ended', 'banned', 'expired'] }),
  }),
};

/** Messages and sockets of clients. */
export const signaling: Collector = {
  name: 'signaling',
  title: 'Signaling',
  metrics,
  start(sources) {
    const { page, signaling: counts, onScrape } = sources;
    followRequests(sources);
    followSockets(sources);
    onScrape(() => {
      page.set(metrics.queuedMessages, counts.queued);
      page.raise(metrics.notifications, counts.notifications);
    });
  },
};

function followRequests({ page, onSignalingEvent }: Sources): void {
  // A message of a client costs a few microseconds in all, so the series are looked up once and kept.
  const seriesOf = oncePerLabels((labels: { method: string }) => ({
    ok: page.counterSeries(metrics.requests, { ...labels, result: 'ok' }),
    time: page.histogramSeries(metrics.requestDuration, labels),
  }));
  onSignalingEvent('requestHandled', ({ method: named, result, duration }) => {
    // Names that the protocol does not have are the client's own, without bound.
    const method = result === 'unknown_method' ? 'unknown' : named.startsWith('v2.') ? 'v2' : named;
    const series = seriesOf({ method });
    if (result === 'ok') series.ok.add(1);
    else page.add(metrics.requests, 1, { method, result: courseOf(result) });
    series.time.observe(duration / 1000);
  });
}

function courseOf(error: string): 'refused' | 'failed' {
  const { status } = errorCodes[error as ErrorCode] ?? errorCodes.internal;
  return status < 500 ? 'refused' : 'failed';
}

function followSockets({ page, onSignalingEvent }: Sources): void {
  let sockets = 0;
  onSignalingEvent('socketOpened', () => {
    sockets += 1;
    page.set(metrics.sockets, sockets);
  });
  onSignalingEvent('socketClosed', ({ code }) => {
    sockets -= 1;
    page.set(metrics.sockets, sockets);
    if (code === tooLarge) page.add(metrics.drops, 1, { reason: 'size' });
  });
  onSignalingEvent('resumed', ({ missed }) =>
    page.add(metrics.resumes, 1, { result: missed ? 'missed' : 'resumed' }),
  );
  onSignalingEvent('resumeRefused', ({ reason }) => page.add(metrics.resumes, 1, { result: reason }));
  onSignalingEvent('resumeExpired', () => page.add(metrics.resumes, 1, { result: 'expired' }));
  onSignalingEvent('socketDropped', ({ cause }) => page.add(metrics.drops, 1, { reason: cause }));
}
