import type { PeerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Tone } from '../panel/parts.tsx';

/** How a person is named: as they are called, or by their id. */
export function nameOf({ displayName, id }: PeerSnapshot): string {
  return displayName || id;
}

/** Whether a part of what a person is called, in small letters, is this. */
export function isCalled({ displayName, id }: PeerSnapshot, text: string): boolean {
  return displayName.toLowerCase().includes(text) || id.toLowerCase().includes(text);
}

/** The lowest score of what these peers send, 0 to 10; null when nothing is sent. Paused producers have no score. */
export function worstScore(peers: readonly PeerSnapshot[]): number | null {
  const scores = peers.flatMap(({ producers }) =>
    producers
      .filter(({ paused }) => !paused)
      .flatMap(({ score }) => (score.length === 0 ? [] : [bestOf(score)])),
  );
  return scores.length === 0 ? null : Math.min(...scores);
}

/** The best layer is what receivers with a good network see; a simulcast sender may leave others out. */
function bestOf(score: readonly { score: number }[]): number {
  return Math.max(...score.map((each) => each.score));
}

export function scoreTone(score: number): Tone {
  return score < 5 ? 'bad' : score < 8 ? 'warn' : 'good';
}
