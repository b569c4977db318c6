import { transportEnds } from '../../src/core/ends.ts';
import { counter, cross, gauge, histogram } from './define.ts';
import { dtlsStates, iceStates, sctpStates } from './labels.ts';

export const transportBytes = counter({
  name: 'tureen_transport_bytes_total',
  help: 'Bytes over transports of peers: media, retransmissions, bandwidth probes, and other (RTCP, DTLS, STUN, data channels).',
  unit: 'bytes',
  source: 'sample',
  labels: cross(
    { direction: ['in', 'out'], content: ['rtp', 'rtx', 'probation', 'other'] },
    ({ direction, content }) => direction === 'out' || content !== 'probation',
  ),
});

export const transportLoss = histogram({
  name: 'tureen_transport_loss_ratio',
  help: 'Share of RTP packets lost on a transport, by transport-wide congestion control, in one observation a sample.',
  unit: 'ratio',
  source: 'sample',
  labels: cross({ direction: ['in', 'out'] }),
  buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5],
});

export const availableOutgoing = histogram({
  name: 'tureen_transport_available_outgoing_bytes_per_second',
  help: 'Bandwidth to a peer as the bandwidth estimation sees it, in one observation a sample.',
  unit: 'bytes per second',
  source: 'sample',
  buckets: [12_500, 37_500, 75_000, 125_000, 250_000, 500_000, 1_250_000, 2_500_000],
});

export const transportsByIce = gauge({
  name: 'tureen_transports_by_ice',
  help: 'Transports by ICE state and the protocol of the selected pair (none before it is selected).',
  source: 'sample',
  labels: cross({ state: iceStates, protocol: ['udp', 'tcp', 'none'] }),
});

export const transportsByDtls = gauge({
  name: 'tureen_transports_by_dtls',
  help: 'Transports by DTLS state.',
  source: 'sample',
  labels: cross({ state: dtlsStates }),
});

export const transportsBySctp = gauge({
  name: 'tureen_transports_by_sctp',
  help: 'Transports by the state of their data channels (SCTP).',
  source: 'sample',
  labels: cross({ state: sctpStates }),
});

export const transportsOpened = counter({
  name: 'tureen_transports_opened_total',
  help: 'Transports that peers opened.',
  source: 'event',
});

export const transportConnect = histogram({
  name: 'tureen_transport_connect_duration_seconds',
  help: 'From the opening of a transport until it is connected (ICE and DTLS).',
  unit: 'seconds',
  source: 'event',
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const transportFailures = counter({
  name: 'tureen_transport_failures_total',
  help: 'Transports that failed: ICE lost and not back in time, DTLS failed, or closed without ever being connected though the client had tried.',
  source: 'event',
  labels: cross({ reason: ['ice_failed', 'dtls_failed', 'never_connected'] }),
});

export const transportCloses = counter({
  name: 'tureen_transport_closes_total',
  help: 'Transports that ended, by reason.',
  source: 'event',
  labels: cross({ reason: transportEnds }),
});

export const dataProducers = gauge({
  name: 'tureen_data_producers',
  help: 'Data producers, as the last pass of the sampler found them.',
  source: 'sample',
});
export const dataConsumers = gauge({
  name: 'tureen_data_consumers',
  help: 'Data consumers, as the last pass of the sampler found them.',
  source: 'sample',
});
const direction = cross({ direction: ['in', 'out'] });
export const dataMessages = counter({
  name: 'tureen_data_messages_total',
  help: 'Messages of data channels: in from data producers, out to data consumers.',
  source: 'sample',
  labels: direction,
});
export const dataBytes = counter({
  name: 'tureen_data_bytes_total',
  help: 'Bytes of data channel messages: in from data producers, out to data consumers.',
  unit: 'bytes',
  source: 'sample',
  labels: direction,
});
export const dataBuffered = gauge({
  name: 'tureen_data_buffered_bytes',
  help: 'Bytes that wait to be sent to data consumers.',
  unit: 'bytes',
  source: 'sample',
});
