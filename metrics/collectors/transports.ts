import { transportEnds } from '../../src/core/ends.ts';
import type { MediaObjects } from '../../src/sfu/rooms/media-index.ts';
import type { Collector } from '../collector.ts';
import { counter, cross, gauge, histogram, valuesOf } from '../define.ts';
import { HighWater } from '../high-water.ts';
import type { Page } from '../page.ts';

type State = MediaObjects['transport']['state'];
type Statistics = MediaObjects['transport']['statistics'];

const iceStates = valuesOf<NonNullable<State['iceState']>>({
  new: true,
  connected: true,
  completed: true,
  disconnected: true,
  closed: true,
});
const dtlsStates = valuesOf<NonNullable<State['dtlsState']>>({
  new: true,
  connecting: true,
  connected: true,
  failed: true,
  closed: true,
});
const sctpStates = valuesOf<NonNullable<State['sctpState']> | 'none'>({
  new: true,
  connecting: true,
  connected: true,
  failed: true,
  closed: true,
  none: true,
});

export const metrics = {
  bytes: counter({
    name: 'tureen_transport_bytes_total',
    help: 'Bytes over transports of peers: media, retransmissions, bandwidth probes, and other (RTCP, DTLS, STUN, data channels).',
    unit: 'bytes',
    source: 'sample',
    labels: cross(
      { direction: ['in', 'out'], content: ['rtp', 'rtx', 'probation', 'other'] },
      ({ direction, content }) => direction === 'out' || content !== 'probation',
    ),
  }),
  loss: histogram({
    name: 'tureen_transport_loss_ratio',
    help: 'Share of RTP packets lost on a transport, by transport-wide congestion control, in one observation a sample.',
    unit: 'ratio',
    source: 'sample',
    labels: cross({ direction: ['in', 'out'] }),
    buckets: [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5],
  }),
  availableOutgoing: histogram({
    name: 'tureen_transport_available_outgoing_bytes_per_second',
    help: 'Bandwidth to a peer as the bandwidth estimation sees it, in one observation a sample.',
    unit: 'bytes per second',
    source: 'sample',
    buckets: [12_500, 37_500, 75_000, 125_000, 250_000, 500_000, 1_250_000, 2_500_000],
  }),
  byIce: gauge({
    name: 'tureen_transports_by_ice',
    help: 'Transports by ICE state and the protocol of the selected pair (none before it is selected).',
    source: 'sample',
    labels: cross({ state: iceStates, protocol: ['udp', 'tcp', 'none'] }),
  }),
  byPath: gauge({
    name: 'tureen_transports_by_path',
    help: 'Connected transports by the way that media takes: udp and tcp from the client itself, relayed from a TURN server that the settings name.',
    source: 'sample',
    labels: cross({ path: ['udp', 'tcp', 'relayed'] }),
  }),
  byDtls: gauge({
    name: 'tureen_transports_by_dtls',
    help: 'Transports by DTLS state.',
    source: 'sample',
    labels: cross({ state: dtlsStates }),
  }),
  bySctp: gauge({
    name: 'tureen_transports_by_sctp',
    help: 'Transports by the state of their data channels (SCTP).',
    source: 'sample',
    labels: cross({ state: sctpStates }),
  }),
  opened: counter({
    name: 'tureen_transports_opened_total',
    help: 'Transports that peers opened.',
    source: 'event',
  }),
  connectDuration: histogram({
    name: 'tureen_transport_connect_duration_seconds',
    help: 'From the moment when a client gives its side of a connection until it is connected (ICE and DTLS).',
    unit: 'seconds',
    source: 'event',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  }),
  failures: counter({
    name: 'tureen_transport_failures_total',
    help: 'Transports that failed: ICE lost and not back in time, DTLS failed, or not connected 15 seconds after the client had tried, or when it left before. One that connects later still counts.',
    source: 'event',
    labels: cross({ reason: ['ice_failed', 'dtls_failed', 'never_connected'] }),
  }),
  closes: counter({
    name: 'tureen_transport_closes_total',
    help: 'Transports that ended, by reason.',
    source: 'event',
    labels: cross({ reason: transportEnds }),
  }),
};

/** The transports of peers: whether they connect, and what goes over them. */
export const transports: Collector = {
  name: 'transports',
  title: 'Transports',
  metrics,
  start({ page, isRelay, onEvent, onSample }) {
    onEvent('transportOpened', () => page.add(metrics.opened));
    onEvent('transportConnected', ({ duration }) => {
      if (duration !== null) page.observe(metrics.connectDuration, duration / 1000);
    });
    // While it happens: an alert must not wait until the client gives up.
    onEvent('transportWaits', () => page.add(metrics.failures, 1, { reason: 'never_connected' }));
    onEvent('transportClosed', ({ reason, course, waited }) => {
      page.add(metrics.closes, 1, { reason });
      const failure = course === 'never_connected' ? course : reason;
      if (failure === 'never_connected' && waited) return;
      if (failure === 'never_connected' || failure === 'ice_failed' || failure === 'dtls_failed') {
        page.add(metrics.failures, 1, { reason: failure });
      }
    });
    onSample('transport', (transport) => {
      const totals = new HighWater<TotalField>();
      return {
        sample([stat]) {
          if (!stat) return;
          for (const direction of directions) countBytes(page, totals, direction, stat);
          observe(page, stat);
        },
        count(tally) {
          const { type, iceState, dtlsState, sctpState, protocol, remoteIp } = transport.state();
          if (type !== 'webrtc' || iceState === null || dtlsState === null) return;
          tally.add(metrics.byIce, { state: iceState, protocol: protocol ?? 'none' });
          if (protocol !== null)
            tally.add(metrics.byPath, { path: isRelay(remoteIp ?? '') ? 'relayed' : protocol });
          tally.add(metrics.byDtls, { state: dtlsState });
          tally.add(metrics.bySctp, { state: sctpState ?? 'none' });
        },
      };
    });
  },
};

type TotalField = 'bytesReceived' | 'bytesSent' | MediaField;
type MediaField =
  | 'rtpBytesReceived'
  | 'rtpBytesSent'
  | 'rtxBytesReceived'
  | 'rtxBytesSent'
  | 'probationBytesSent';

interface Direction {
  readonly direction: 'in' | 'out';
  readonly total: 'bytesReceived' | 'bytesSent';
  readonly parts: readonly (readonly [content: string, field: MediaField])[];
}

/** Which of mediasoup's totals stands for what. What is in the total and in no part is RTCP, DTLS, STUN and SCTP. */
const directions: readonly Direction[] = [
  {
    direction: 'in',
    total: 'bytesReceived',
    parts: [
      ['rtp', 'rtpBytesReceived'],
      ['rtx', 'rtxBytesReceived'],
    ],
  },
  {
    direction: 'out',
    total: 'bytesSent',
    parts: [
      ['rtp', 'rtpBytesSent'],
      ['rtx', 'rtxBytesSent'],
      ['probation', 'probationBytesSent'],
    ],
  },
];

function countBytes(
  page: Page,
  totals: HighWater<TotalField>,
  { direction, total, parts }: Direction,
  stat: Statistics,
): void {
  let other = totals.rise(total, stat[total]);
  for (const [content, field] of parts) {
    const more = totals.rise(field, stat[field]);
    if (more > 0) page.add(metrics.bytes, more, { direction, content });
    other -= more;
  }
  if (other > 0) page.add(metrics.bytes, other, { direction, content: 'other' });
}

function observe(page: Page, stat: Statistics): void {
  const { rtpPacketLossReceived, rtpPacketLossSent, availableOutgoingBitrate } = stat;
  if (rtpPacketLossReceived !== undefined && stat.rtpRecvBitrate > 0)
    page.observe(metrics.loss, rtpPacketLossReceived, { direction: 'in' });
  if (rtpPacketLossSent !== undefined && stat.rtpSendBitrate > 0)
    page.observe(metrics.loss, rtpPacketLossSent, { direction: 'out' });
  if (availableOutgoingBitrate && stat.rtpSendBitrate > 0)
    page.observe(metrics.availableOutgoing, availableOutgoingBitrate / 8);
}
