import type { types } from 'mediasoup';
import { codecLabel, codecNames, codecsOfKind } from '../../src/core/codecs.ts';
import { errorCodes } from '../../src/core/errors.ts';
import { type MediaKind, mediaKinds, sources } from '../../src/core/sources.ts';
import { cross, type LabelSet, open, valuesOf } from './define.ts';

/** What a room of this node can offer; `other` is what a program brings through a pipe from elsewhere. */
const codecs = {
  audio: [...codecsOfKind.audio.map(codecLabel), 'other'],
  video: [...codecsOfKind.video.map(codecLabel), 'other'],
} as const;
const codecFits = ({ kind, codec }: Readonly<Record<string, string>>) =>
  (codecs[kind as MediaKind] as readonly string[]).includes(codec ?? '');
const kindAndCodec = { kind: mediaKinds, codec: [...codecNames.map(codecLabel), 'other'] };

/** A consumer: what of, and in which codec. */
export const consumerLabels = cross(kindAndCodec, codecFits);

const sourceFits = ({ kind, source }: Readonly<Record<string, string>>) =>
  source === kind || source === 'screen';

/** A producer: its kind, what it shows, and its codec. */
export const producerLabels = cross(
  { ...kindAndCodec, source: sources.filter((source) => source !== 'data') },
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
export const streamLabels = cross({ side: ['producer', 'consumer'], kind: mediaKinds });

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

export const errorNames = Object.keys(errorCodes);

/** A worker by its index. Hosts with more workers than this are counted together from here on. */
export const workerLabel = open('worker', 48);
