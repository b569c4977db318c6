import { type QualityCause, type QualityLevel, qualityOf } from '../../src/core/quality.ts';
import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Tone } from '../panel/parts.tsx';

/** The display name of a peer, or its id if it has none. */
export function nameOf({ displayName, id }: PeerSnapshot): string {
  return displayName || id;
}

/** The nodes on which somebody is in a room; none where there is one node only. */
export function nodesOf({ peers }: RoomSnapshot): string[] {
  const nodes = new Set(peers.map(({ node }) => node));
  return [...nodes].filter((node) => node !== undefined).sort();
}

/** Whether the display name, id or subject of a peer contains a text, which is in lower case. */
export function matches({ displayName, id, subject }: PeerSnapshot, text: string): boolean {
  return text === '' || [displayName, id, subject].some((each) => each.toLowerCase().includes(text));
}

/** How well media gets through for the one of these peers that has it worst, 0 to 10; null when nothing is known. */
export function worstScore(peers: readonly PeerSnapshot[]): number | null {
  let worst: number | null = null;
  for (const { quality } of peers) {
    const score = quality?.score ?? null;
    if (score !== null) worst = Math.min(worst ?? score, score);
  }
  return worst;
}

const tones: Readonly<Record<QualityLevel, Tone>> = {
  unknown: 'plain',
  lost: 'bad',
  poor: 'bad',
  fair: 'warn',
  good: 'good',
};

export function scoreTone(score: number): Tone {
  return tones[qualityOf(score, null).level];
}

const causes: Readonly<Record<QualityCause, string>> = {
  cut: 'nothing gets through',
  loss: 'packets are lost',
  sound: 'the sound has gaps',
  delay: 'everything comes late',
  freezes: 'the picture freezes',
  bandwidth: 'too little bandwidth for the picture',
};

/** Why the connection of a peer is not good. */
export function causeText({ quality }: PeerSnapshot): string | undefined {
  return quality?.cause ? causes[quality.cause] : undefined;
}

/** How many of these peers have a good, a fair or a poor connection. Those of whom nothing is known are in none. */
export function countByQuality(peers: readonly PeerSnapshot[]): { good: number; fair: number; poor: number } {
  const of = (...levels: QualityLevel[]) =>
    peers.filter(({ quality }) => quality && levels.includes(quality.level)).length;
  return { good: of('good'), fair: of('fair'), poor: of('poor', 'lost') };
}
