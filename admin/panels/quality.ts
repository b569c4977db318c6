import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Tone } from '../panel/parts.tsx';

/** The display name of a peer, or its id if it has none. */
export function nameOf({ displayName, id }: PeerSnapshot): string {
  return displayName || id;
}

/** The nodes on which somebody is in a room; none where there is one node only. */
export function nodesOf({ peers }: RoomSnapshot): string[] {
  return [...new Set(peers.flatMap(({ node }) => node ?? []))].sort();
}

/** Whether the display name, id or subject of a peer contains a text, which is in lower case. */
export function matches({ displayName, id, subject }: PeerSnapshot, text: string): boolean {
  return [displayName, id, subject].some((each) => each.toLowerCase().includes(text));
}

/** The lowest score of the producers of these peers, 0 to 10; null when there are none. Paused ones have no score. */
export function worstScore(peers: readonly PeerSnapshot[]): number | null {
  const scores = peers.flatMap(({ producers }) =>
    producers
      .filter(({ paused }) => !paused)
      .flatMap(({ score }) => (score.length === 0 ? [] : [bestOf(score)])),
  );
  return scores.length === 0 ? null : Math.min(...scores);
}

/** Receivers with a good network see the best layer; a simulcast sender may leave out the others. */
function bestOf(score: readonly { score: number }[]): number {
  return Math.max(...score.map((each) => each.score));
}

export function scoreTone(score: number): Tone {
  return score < 5 ? 'bad' : score < 8 ? 'warn' : 'good';
}

/** How many of these peers send well, fairly or badly. Who sends nothing is in none of them. */
export function qualityOf(peers: readonly PeerSnapshot[]): { good: number; fair: number; poor: number } {
  const tones = peers.flatMap((peer) => {
    const score = worstScore([peer]);
    return score === null ? [] : [scoreTone(score)];
  });
  const of = (tone: Tone) => tones.filter((each) => each === tone).length;
  return { good: of('good'), fair: of('warn'), poor: of('bad') };
}
