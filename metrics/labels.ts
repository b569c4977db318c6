import { codecLabel, codecNames, codecsOfKind } from '../src/core/codecs.ts';
import { type MediaKind, mediaKinds, sources } from '../src/core/sources.ts';
import { cross, type LabelSet, open } from './define.ts';

const codecs = codecNames.map(codecLabel);
const knownCodecs: ReadonlySet<string> = new Set(codecs);

/** A codec as a label: `other` is what a program brings from elsewhere through a pipe. */
export function codecValue(codec: string): string {
  return knownCodecs.has(codec) ? codec : 'other';
}

const valuesOfKind: Readonly<Record<MediaKind, readonly string[]>> = {
  audio: [...codecsOfKind.audio.map(codecLabel), 'other'],
  video: [...codecsOfKind.video.map(codecLabel), 'other'],
};
const codecFits = ({ kind, codec }: Readonly<Record<string, string>>) =>
  valuesOfKind[kind as MediaKind].includes(codec ?? '');
const kindAndCodec = { kind: mediaKinds, codec: [...codecs, 'other'] };

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

/** A worker by its index. Hosts with more workers than this are counted together from here on. */
const mostWorkers = 48;
export const workerLabel = open('worker', mostWorkers);
export const workerAnd = (beside: LabelSet) => open('worker', mostWorkers, beside);
