import type { types } from 'mediasoup';
import { errorCodes } from '../../src/core/errors.ts';
import type { Actor, PeerEnd, RejoinReason, RoomEnd, TransportEnd } from '../../src/sfu/events.ts';
import { cross, type LabelSet, open, valuesOf } from './define.ts';

const codecs = { audio: ['opus', 'other'], video: ['vp8', 'vp9', 'h264', 'av1', 'other'] } as const;
const codecFits = ({ kind, codec }: Readonly<Record<string, string>>) =>
  (codecs[kind as types.MediaKind] as readonly string[]).includes(codec ?? '');
const kindAndCodec = { kind: ['audio', 'video'], codec: ['opus', 'vp8', 'vp9', 'h264', 'av1', 'other'] };

/** A consumer: what of, and in which codec. */
export const consumerLabels = cross(kindAndCodec, codecFits);

const sourceFits = ({ kind, source }: Readonly<Record<string, string>>) =>
  source === kind || source === 'screen';

/** A producer: its kind, what it shows, and its codec. */
export const producerLabels = cross(
  { ...kindAndCodec, source: ['audio', 'video', 'screen'] },
  (labels) => codecFits(labels) && sourceFits(labels),
);

/** As `labels`, with one more label before them. */
export function withLabel(name: string, values: readonly string[], labels: LabelSet): LabelSet {
  const combinations = values.flatMap((value) =>
    labels.combinations.map((set) => ({ [name]: value, ...set })),
  );
  return { names: [name, ...labels.names], combinations, limit: combinations.length };
}

/** Streams in the way in which distributions tell them apart: who sends, and audio or video. */
export const streamLabels = cross({ side: ['producer', 'consumer'], kind: ['audio', 'video'] });

export const producerStates = ['flowing', 'paused'] as const;
export const consumerStates = ['flowing', 'paused', 'producer_paused'] as const;
export const layers = ['none', '0', '1', '2', 'other'] as const;

export const iceStates = valuesOf<types.IceState>({
  new: true,
  connected: true,
  completed: true,
  disconnected: true,
  closed: true,
});
export const dtlsStates = valuesOf<types.DtlsState>({
  new: true,
  connecting: true,
  connected: true,
  failed: true,
  closed: true,
});
export const sctpStates = valuesOf<types.SctpState | 'none'>({
  new: true,
  connecting: true,
  connected: true,
  failed: true,
  closed: true,
  none: true,
});

export const peerEnds = valuesOf<PeerEnd>({
  left: true,
  disconnected: true,
  replaced: true,
  removed: true,
  join_timeout: true,
  room_closed: true,
  draining: true,
  protocol_error: true,
  server_closed: true,
});
export const roomEnds = valuesOf<RoomEnd>({ empty: true, closed: true, draining: true, server_closed: true });
export const transportEnds = valuesOf<TransportEnd>({
  peer_left: true,
  ice_failed: true,
  dtls_failed: true,
  dtls_closed: true,
  router_closed: true,
  rejoin: true,
  closed: true,
  not_allowed: true,
});
export const rejoinReasons = valuesOf<RejoinReason>({ worker_died: true, moved: true });
export const actorKinds = valuesOf<Actor['kind']>({
  peer: true,
  moderator: true,
  admin: true,
  api: true,
  server: true,
});
export const errorNames = Object.keys(errorCodes);

/** A worker by its index. Hosts with more workers than this are counted together from here on. */
export const workerLabel = open('worker', 48);
