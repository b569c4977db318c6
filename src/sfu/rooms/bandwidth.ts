import type { WebRtcPeerTransport } from './peer.ts';
import type { Room } from './room.ts';

/** The shortest time between two events of the bandwidth estimate, in milliseconds. */
const bandwidthInterval = 1000;
/** The share by which an estimate has to differ from the last one that was emitted; a large room has many. */
const notableChange = 0.1;

/** The estimate of the downlink, as mediasoup traces it. */
interface BandwidthTrace {
  readonly desiredBitrate: number;
  readonly effectiveDesiredBitrate: number;
  readonly availableBitrate: number;
}

/** Emits the estimate of the downlink while the transport is open. */
export function followBandwidth(room: Room, { peer, transport }: WebRtcPeerTransport): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let last: BandwidthTrace | undefined;
  transport.on('trace', ({ type, direction, info }) => {
    const now = room.context.clock.elapsed();
    if (type !== 'bwe' || direction !== 'out' || now - toldAt < bandwidthInterval) return;
    // mediasoup leaves the type of `info` open; for bwe it is this (worker/fbs/transport.fbs).
    const trace = info as BandwidthTrace;
    if (last && !changed(last, trace)) return;
    toldAt = now;
    last = trace;
    room.events.emit('transportBandwidth', {
      ...peer.ref,
      transportId: transport.id,
      desired: trace.desiredBitrate,
      effectiveDesired: trace.effectiveDesiredBitrate,
      available: trace.availableBitrate,
    });
  });
}

function changed(last: BandwidthTrace, trace: BandwidthTrace): boolean {
  const differs = (before: number, now: number) => Math.abs(now - before) > before * notableChange;
  return (
    differs(last.availableBitrate, trace.availableBitrate) ||
    differs(last.desiredBitrate, trace.desiredBitrate) ||
    differs(last.effectiveDesiredBitrate, trace.effectiveDesiredBitrate)
  );
}
